/**
 * What an engine can leave on a machine, and whether it did: processes and mounts under its folder,
 * interfaces and filter tables in its network namespace, cgroups of its containers.
 */
import { existsSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

  constructor(folder: string, namespace: NetworkNamespace) {
    this.folder = folder;
    this.namespace = namespace;
  }

  /** Notes the cgroups of the engine's containers while they run, and the parents made for them. */
  rememberCgroups(): void {
    const own = cgroupsOf('self');
    const found = this.containerProcesses().flatMap((pid) => cgroupsOf(pid));
    const parents = found.map((path) => dirname(path));
    this.cgroups = [...new Set([...found, ...parents])].filter(
      (path) => path.split('/').length > 5 && !own.some((it) => `${it}/`.startsWith(`${path}/`)),
    );
  }

  /** Cleans up whatever is left, and throws with the list of it. */
  async removeAll(): Promise<void> {
    const gone = async (): Promise<boolean> => (await this.list()).length === 0;
    await eventually('nothing is left', gone, SETTLE_MS).catch(() => {}); // told below
    const left = await this.list();
    for (const { pid } of this.processes()) killQuietly(pid);
    for (const path of mountsUnder(this.folder).toReversed())
      await runCommand('umount', ['--lazy', path]);
    for (const path of this.cgroups.filter(existsSync).toSorted((a, b) => b.length - a.length)) {
      removeQuietly(path);
    }
    if (left.length > 0) throw new Error(`the engine left behind:\n${left.join('\n')}`);
  }

  private async list(): Promise<string[]> {
    return [
      ...this.processes().map(({ pid, title }) => `process ${pid} ${title}`),
      ...mountsUnder(this.folder).map((path) => `mount ${path}`),
      ...(await this.namespace.interfaces()).map((name) => `interface ${name}`),
      ...(await this.namespace.filterTables()).map((name) => `filter ${name}`),
      ...this.cgroups.filter(existsSync).map((path) => `cgroup ${path}`),
    ];
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
