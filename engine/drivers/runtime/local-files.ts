/**
 * `RuntimeFiles` on the local file system: `<data root>/containers/<id>/` and
 * `<exec root>/bundles/<id>/`. Writes are synchronous: a few files of some hundred bytes, some tens
 * of microseconds each.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { EngineError, messageOf } from '../../contract/errors.ts';
import { errnoOf } from '../../host/errno.ts';
import { ProcessError, run } from '../../host/processes.ts';
import { removeTree } from '../../host/remove-tree.ts';
import type { OciDevice } from '../../formats/runtime-spec-resources.ts';
import { mountOfPath, parseMountInfo, type MountEntry } from '../../formats/mount-info.ts';
import type { EtcFiles, RuntimeFiles } from '../runtime-files.ts';
import { deviceNumbers, devicesAt, hostDevices } from './host-devices.ts';
import { resolveInRootfs } from './rootfs-path.ts';
import { RunMounts } from './run-mounts.ts';

const CONTAINER_ID = /^[0-9a-f]{64}$/;
const READ_LIMIT_BYTES = 1 << 20;

export class LocalRuntimeFiles implements RuntimeFiles {
  private readonly containers: string;
  private readonly bundles: string;
  private readonly roots: readonly string[];
  private readonly mounts: RunMounts;

  constructor(dataRoot: string, execRoot: string) {
    this.roots = [dataRoot, execRoot];
    this.mounts = new RunMounts(execRoot);
    this.containers = join(dataRoot, 'containers');
    this.bundles = join(execRoot, 'bundles');
    mkdirSync(this.containers, { recursive: true, mode: 0o710 });
    mkdirSync(this.bundles, { recursive: true, mode: 0o700 });
  }

  create(containerId: string): void {
    mkdirSync(this.directoryOf(containerId), { recursive: true, mode: 0o710 });
  }

  async remove(containerId: string): Promise<void> {
    await Promise.all([this.removeBundle(containerId), removeTree(this.directoryOf(containerId))]);
  }

  list(): string[] {
    const names = [
      ...readdirSync(this.containers),
      ...readdirSync(this.bundles),
      ...this.mounts.list(),
    ];
    return [...new Set(names)].filter((name) => CONTAINER_ID.test(name));
  }

  private directoryOf(containerId: string): string {
    if (!CONTAINER_ID.test(containerId)) throw new Error(`not a container id: ${containerId}`);
    return join(this.containers, containerId);
  }

  bundleOf(containerId: string): string {
    return join(this.bundles, containerId);
  }

  logOf(containerId: string): string {
    return join(this.directoryOf(containerId), 'container.log');
  }

  etcOf(containerId: string): EtcFiles {
    const directory = this.bundleOf(containerId);
    return {
      hosts: join(directory, 'hosts'),
      hostname: join(directory, 'hostname'),
      resolvConf: join(directory, 'resolv.conf'),
    };
  }

  openBundle(containerId: string): void {
    const bundle = this.bundleOf(containerId);
    try {
      mkdirSync(bundle, { mode: 0o700 });
    } catch {
      rmSync(bundle, { recursive: true, force: true });
      mkdirSync(bundle, { mode: 0o700 });
    }
  }

  writeConfig(containerId: string, config: string): void {
    writeFileSync(join(this.bundleOf(containerId), 'config.json'), config, { mode: 0o600 });
  }

  hasBundle(containerId: string): boolean {
    return existsSync(this.bundleOf(containerId)) || this.mounts.list().includes(containerId);
  }

  async removeBundle(containerId: string): Promise<void> {
    this.mounts.remove(containerId);
    await removeTree(this.bundleOf(containerId));
  }

  makeShm(containerId: string, sizeBytes: number): string {
    return this.mounts.makeShm(containerId, sizeBytes);
  }

  shmOf(containerId: string): string {
    return this.mounts.shmOf(containerId);
  }

  pin(containerId: string, directory: string, path: string): string {
    return this.mounts.pin(containerId, directory, path);
  }

  pinLayers(containerId: string, lowerOptions: string, path: string): string {
    return this.mounts.pinLayers(containerId, lowerOptions, path);
  }

  releasePins(containerId: string): void {
    this.mounts.releasePins(containerId);
  }

  writeEtc(containerId: string, contents: EtcFiles): void {
    const paths = this.etcOf(containerId);
    writeFileSync(paths.hosts, contents.hosts, { mode: 0o644 });
    writeFileSync(paths.hostname, contents.hostname, { mode: 0o644 });
    writeFileSync(paths.resolvConf, contents.resolvConf, { mode: 0o644 });
  }

  editHosts(containerId: string, edit: (text: string) => string): void {
    const { hosts } = this.etcOf(containerId);
    const text = readFileSync(hosts, 'utf8');
    const edited = edit(text);
    if (edited !== text) writeFileSync(hosts, edited);
  }

  async hostProcesses(psArguments: readonly string[]): Promise<string> {
    try {
      return await run('ps', psArguments);
    } catch (error) {
      throw new EngineError('internal', `ps: ${reasonOf(error)}`, { cause: error });
    }
  }

  readHostFile(path: string): string {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  }

  ensureHostPath(path: string): void {
    if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o755 });
  }

  overlapsEngine(path: string): boolean {
    const isWithin = (inner: string, outer: string) =>
      inner === outer || inner.startsWith(outer === '/' ? '/' : `${outer}/`);
    return this.roots.some((root) => isWithin(path, root) || isWithin(root, path));
  }

  mountOf(path: string): MountEntry {
    const entries = parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'));
    const found = mountOfPath(entries, existsSync(path) ? realpathSync(path) : path);
    if (found !== undefined) return found;
    throw new EngineError('not-found', `Can't find mount point of ${path}`);
  }

  isHostDirectory(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  existsOnHost(path: string): boolean {
    return existsSync(path);
  }

  resolveInRootfs(rootfsPath: string, path: string): string {
    return resolveInRootfs(rootfsPath, path);
  }

  readInRootfs(rootfsPath: string, path: string): string {
    const resolved = resolveInRootfs(rootfsPath, path);
    const stats = statSync(resolved, { throwIfNoEntry: false });
    if (!stats?.isFile()) return '';
    const bytes = Buffer.alloc(Math.min(stats.size, READ_LIMIT_BYTES));
    const fd = openSync(resolved, 'r');
    try {
      return bytes.toString('utf8', 0, readSync(fd, bytes));
    } finally {
      closeSync(fd);
    }
  }

  ensureDirectoryInRootfs(rootfsPath: string, path: string): void {
    const resolved = resolveInRootfs(rootfsPath, path);
    const stats = statSync(resolved, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return;
    if (stats !== undefined)
      throw new EngineError('invalid-argument', `Cannot mkdir: ${path} is not a directory`);
    mkdirSync(resolved, { recursive: true, mode: 0o755 });
  }

  isDirectoryInRootfs(rootfsPath: string, path: string): boolean {
    const resolved = resolveInRootfs(rootfsPath, path);
    return statSync(resolved, { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  devicesAt(path: string, containerPath: string): OciDevice[] {
    return devicesAt(path, containerPath);
  }

  hostDevices(): OciDevice[] {
    return hostDevices();
  }

  deviceNumbers(path: string): { major: number; minor: number } {
    return deviceNumbers(path);
  }
}

/** Docker shows the first line of what ps said. */
function reasonOf(error: unknown): string {
  if (errnoOf(error) === 'ENOENT') return 'exec: "ps": executable file not found in $PATH';
  if (!(error instanceof ProcessError)) return messageOf(error);
  return error.stderr.split('\n', 1)[0] || `exit status ${error.status}`;
}
