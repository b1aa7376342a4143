/** Device nodes of the host, as a container is given them. Sources: stat(2), makedev(3). */
import { existsSync, lstatSync, readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../contract/errors.ts';
import type { OciDevice } from '../../formats/runtime-spec-resources.ts';

/** What a container has of its own in /dev. Source: moby `oci/devices_linux.go`, runc `devices`. */
const NOT_PASSED_ON = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev']);

export function devicesAt(path: string, containerPath: string): OciDevice[] {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    throw gathering(path, error);
  }
  if (stats.isDirectory()) {
    const below = devicesBelow(path, containerPath);
    if (below.length > 0) return below;
  }
  const device = deviceOf(path, containerPath, stats);
  if (device === undefined) throw gathering(path, 'not a device node');
  return [device];
}

function devicesBelow(path: string, containerPath: string): OciDevice[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const [inner, innerInContainer] = [join(path, entry.name), join(containerPath, entry.name)];
    if (entry.isDirectory()) return devicesBelow(inner, innerInContainer);
    const device = deviceOf(inner, innerInContainer);
    return device === undefined ? [] : [device];
  });
}

export function hostDevices(directory = '/dev'): OciDevice[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return NOT_PASSED_ON.has(entry.name) ? [] : hostDevices(path);
    if (entry.name === 'console' || entry.isSymbolicLink()) return [];
    const device = deviceOf(path, path);
    return device === undefined ? [] : [device];
  });
}

export function deviceNumbers(path: string): { major: number; minor: number } {
  if (!existsSync(path))
    throw new EngineError('invalid-argument', `stat ${path}: no such file or directory`);
  const device = devicesAt(path, path)[0];
  if (device?.type !== 'b')
    throw new EngineError('invalid-argument', `${path} is not a block device`);
  return { major: device.major, minor: device.minor };
}

function deviceOf(path: string, containerPath: string, stats?: Stats): OciDevice | undefined {
  const node = stats ?? lstatSync(path, { throwIfNoEntry: false });
  if (node === undefined || !(node.isCharacterDevice() || node.isBlockDevice())) return undefined;
  const device = BigInt(node.rdev);
  return {
    path: containerPath,
    type: node.isBlockDevice() ? 'b' : 'c',
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)),
    minor: Number((device & 0xffn) | ((device >> 12n) & ~0xffn)),
    fileMode: node.mode & 0o7777,
    uid: node.uid,
    gid: node.gid,
  };
}

function gathering(path: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? 'no such file or directory' : String(cause);
  return new EngineError(
    'invalid-argument',
    `error gathering device information while adding custom device "${path}": ${reason}`,
    { cause },
  );
}
