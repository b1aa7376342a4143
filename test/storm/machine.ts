/** What there is on the machine of one engine, read past the engine: from the kernel and from its files. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestEngine } from '../support/engine.ts';
import {
  childrenOf,
  commandLine,
  mountsUnder,
  processIds,
  readOrEmpty,
} from '../support/processes.ts';

const CGROUPS = '/sys/fs/cgroup';

export interface Monitor {
  readonly pid: number;
  readonly containerId: string;
}

/** The monitors of this engine's containers that run. */
export function monitorsOf(engine: TestEngine): Monitor[] {
  const exits = join(engine.execRoot, 'exits');
  return processIds().flatMap((pid) => {
    const words = commandLine(pid);
    const containerId = words[words.indexOf('--cid') + 1];
    return words.includes(exits) && containerId !== undefined ? [{ pid, containerId }] : [];
  });
}

/** The container's first process, by its monitor; undefined before there is one. */
export function initOf(monitor: Monitor): number | undefined {
  return childrenOf(new Set([monitor.pid])).find((pid) => !isRuntime(pid));
}

function isRuntime(pid: number): boolean {
  return commandLine(pid).includes('--root');
}

/** Everything the machine has of the engine's, by kind: mostly ids of containers. */
export interface Inventory {
  readonly containerFolders: string[];
  readonly layerFolders: string[];
  readonly bundles: string[];
  readonly runtimeStates: string[];
  readonly exits: string[];
  /** Of programs that do not run any more; one in a frozen container does. Of spares none. */
  readonly execFiles: string[];
  readonly volumeFolders: string[];
  readonly rootfsMounts: string[];
  readonly otherMounts: string[];
  readonly cgroups: string[];
  readonly monitors: Monitor[];
  /** Of execs, mostly. */
  readonly runtimeProcesses: string[];
  readonly namespaces: string[];
  readonly links: string[];
  readonly publishedPorts: number[];
  readonly definitions: string[];
  readonly states: ReadonlyMap<string, string>;
  readonly volumeRecords: string[];
  /** Of unpacked layers. */
  readonly layers: string[];
  readonly layerRecords: string[];
}

export async function takeInventory(engine: TestEngine): Promise<Inventory> {
  const { dataRoot, execRoot } = engine;
  const records = readRecords(join(dataRoot, 'state.db'));
  const mounts = mountsUnder(engine.folder);
  const isRootfs = (path: string) => path.endsWith('/rootfs');
  const namespaceFolder = join(execRoot, 'netns');
  const isExpected = (path: string) =>
    isRootfs(path) ||
    path === execRoot ||
    path === dataRoot ||
    path.startsWith(`${namespaceFolder}/`) ||
    path.endsWith('.sealed');
  return {
    containerFolders: namesIn(join(dataRoot, 'containers')),
    layerFolders: namesIn(join(dataRoot, 'snapshots/containers')),
    bundles: namesIn(join(execRoot, 'bundles')),
    runtimeStates: namesIn(join(execRoot, 'runtimes/crun')),
    exits: namesIn(join(execRoot, 'exits')),
    execFiles: filesOfEndedExecs(join(execRoot, 'exec')),
    layers: namesIn(join(dataRoot, 'snapshots/layers')).filter((name) => name !== 'empty'),
    volumeFolders: namesIn(join(dataRoot, 'volumes')),
    rootfsMounts: mounts.filter(isRootfs).map((path) => basename(join(path, '..'))),
    otherMounts: mounts.filter((path) => !isExpected(path)),
    cgroups: cgroupsBelow(`gantry-${records.engineId.slice(0, 8)}`),
    monitors: monitorsOf(engine),
    runtimeProcesses: runtimeProcesses(engine),
    namespaces: namesIn(namespaceFolder),
    links: (await engine.namespace.interfaces()).filter((name) => name.startsWith('gv')),
    publishedPorts: await publishedPorts(engine),
    ...records,
  };
}

function filesOfEndedExecs(folder: string): string[] {
  const runs = (name: string) => {
    const pid = readOrEmpty(join(folder, `${name.split('.')[0]}.pid`));
    return pid !== '' && /\/[0-9a-f]{64}$/m.test(readOrEmpty(`/proc/${pid}/cgroup`));
  };
  return namesIn(folder).filter((name) => !runs(name) && !name.startsWith('spare-'));
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function runtimeProcesses(engine: TestEngine): string[] {
  return processIds()
    .map((pid) => commandLine(pid).join(' '))
    .filter(
      (line) => line.includes(`${engine.execRoot}/runtimes/`) && !line.includes('--exit-dir'),
    );
}

/** Names of the cgroups below the engine's own, over all hierarchies. */
function cgroupsBelow(parent: string): string[] {
  const hierarchies = [CGROUPS, ...namesIn(CGROUPS).map((name) => join(CGROUPS, name))];
  const found = hierarchies.flatMap((path) => {
    const folder = join(path, parent);
    return existsSync(folder)
      ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
      : [];
  });
  return [...new Set(found.map(({ name }) => name))];
}

function readRecords(path: string) {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = (table: string) =>
      database.prepare(`SELECT key, value FROM ${table}`).all() as { key: string; value: string }[];
    const [identity] = rows('identity');
    return {
      engineId: JSON.parse(identity?.value ?? '""') as string,
      definitions: rows('containers').map(({ key }) => key),
      states: new Map(
        rows('container_states').map(({ key, value }) => [
          key,
          (JSON.parse(value) as { status: string }).status,
        ]),
      ),
      volumeRecords: rows('volumes').map(({ key }) => key),
      layerRecords: rows('snapshots').map(
        ({ value }) => (JSON.parse(value) as { directory: string }).directory,
      ),
    };
  } finally {
    database.close();
  }
}

/** Host ports in the engine's maps of published ports. */
async function publishedPorts(engine: TestEngine): Promise<number[]> {
  const listing = await engine.namespace.run('nft', 'list', 'ruleset');
  const elements = listing.matchAll(/tcp \. (?:[\d.]+ \. )?(\d+) : [\d.]+ \. \d+/g);
  return [...elements].map(([, port]) => Number(port));
}
