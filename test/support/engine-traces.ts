/**
 * What an engine can leave on a machine, and whether it did: processes and mounts under its folder,
 * interfaces and filter tables in its network namespace, cgroups of its containers. What other engines
 * of the machine have is not looked at, nor cgroup parents that a test itself asked for.
 */
import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runCommand } from './command.ts';
import { eventually } from './eventually.ts';
import type { NetworkNamespace } from './network-namespace.ts';
import { childrenOf, commandLine, mountsUnder, processIds, readOrEmpty } from './processes.ts';

const CGROUPS = '/sys/fs/cgroup';
/** The kernel ends network namespaces and cgroups on its own time. */
const SETTLE_MS = 3_000;

export class EngineTraces {
  private readonly folder: string;
  private readonly namespace: NetworkNamespace;
  private cgroups: string[] = [];
  /** Made for tests that named them: not the engine's to remove, but the test's. */
  private namedParents: string[] = [];
  private ownParents: string[] = [];

  constructor(folder: string, namespace: NetworkNamespace) {
    this.folder = folder;
    this.namespace = namespace;
  }

  /**
   * Notes the cgroups of the engine's containers while they run, and the engine's own, which holds
   * all others that it ever made. To be called while the engine has its records open.
   */
  rememberCgroups(): void {
    const own = cgroupsOf('self');
    const found = this.containerProcesses().flatMap((pid) => cgroupsOf(pid));
    const isContainer = (path: string) => /\/[0-9a-f]{64}$/.test(path);
    this.cgroups = [...new Set(found.filter(isContainer))];
    const name = this.ownCgroup();
    this.ownParents = name === undefined ? [] : hierarchies().map((path) => join(path, name));
    this.namedParents = [...new Set(this.cgroups.map((path) => dirname(path)))].filter(
      (path) =>
        !this.ownParents.includes(path) &&
        !hierarchies().includes(path) &&
        !own.some((it) => `${it}/`.startsWith(`${path}/`)),
    );
  }

  /** `gantry-<id>`, by the engine's records; undefined for an engine that keeps none. */
  private ownCgroup(): string | undefined {
    const path = join(this.folder, 'data/state.db');
    if (!existsSync(path)) return undefined;
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const row = database.prepare("SELECT value FROM identity WHERE key = 'engine'").get();
      const { value } = (row ?? { value: '""' }) as { value: string };
      return `gantry-${(JSON.parse(value) as string).slice(0, 8)}`;
    } finally {
      database.close();
    }
  }

  /** Cleans up whatever is left, and throws with the list of it. */
  async removeAll(): Promise<void> {
    const gone = async (): Promise<boolean> => (await this.list()).length === 0;
    await eventually('nothing is left', gone, SETTLE_MS).catch(() => {}); // told below
    const left = await this.list();
    for (const { pid } of this.processes()) killQuietly(pid);
    for (const path of mountsUnder(this.folder).toReversed())
      await runCommand('umount', ['--lazy', path]);
    for (const path of [...this.leftCgroups(), ...this.namedParents])
      if (existsSync(path)) removeQuietly(path);
    if (left.length > 0) throw new Error(`the engine left behind:\n${left.join('\n')}`);
  }

  private async list(): Promise<string[]> {
    return [
      ...this.processes().map(({ pid, title }) => `process ${pid} ${title}`),
      ...mountsUnder(this.folder).map((path) => `mount ${path}`),
      ...(await this.namespace.interfaces()).map((name) => `interface ${name}`),
      ...(await this.namespace.filterTables()).map((name) => `filter ${name}`),
      ...this.leftCgroups().map((path) => `cgroup ${path}`),
    ];
  }

  /** Innermost first. */
  private leftCgroups(): string[] {
    const below = this.ownParents.filter(existsSync).flatMap((path) => [
      path,
      ...readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name)),
    ]);
    const all = new Set([...this.cgroups.filter(existsSync), ...below]);
    return [...all].toSorted((a, b) => b.length - a.length);
  }

  /** Processes that name the folder in their command line: engine, monitors, runtimes. */
  private processes(): { pid: number; title: string }[] {
    return processIds()
      .map((pid) => ({ pid, title: commandLine(pid).join(' ') }))
      .filter(({ title }) => title.includes(`${this.folder}/`));
  }

  /** Children of the monitors: the containers' own processes. */
  private containerProcesses(): number[] {
    const monitors = new Set(this.processes().map(({ pid }) => pid));
    return childrenOf(monitors).filter((pid) => !monitors.has(pid));
  }
}

/** Directories of the process's cgroups that exist, over all hierarchies. */
function cgroupsOf(pid: number | 'self'): string[] {
  return readOrEmpty(`/proc/${pid}/cgroup`)
    .split('\n')
    .flatMap((line) => {
      const [, controllers = '', path = ''] = line.split(':');
      const folder = controllers.replace(/^name=/, '');
      return [join(CGROUPS, folder, path), join(CGROUPS, 'unified', path)];
    })
    .filter((path) => existsSync(path));
}

function hierarchies(): string[] {
  return [CGROUPS, ...readdirSync(CGROUPS).map((name) => join(CGROUPS, name))];
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone meanwhile
  }
}

function removeQuietly(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // still in use: it was reported already
  }
}
