/**
 * A network namespace of the test's own, with loopback up and no way out: two test runs, and the
 * machine's own services, never meet. Removed by `close()`, or by the next run when this one was killed.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mustRun } from './command.ts';

const PREFIX = 'gantry-test-';
const DIE_WITH_TEST = ['setpriv', '--pdeathsig', 'KILL', '--'];

export class NetworkNamespace implements AsyncDisposable {
  readonly name: string;
  readonly path: string;

  private constructor(name: string) {
    this.name = name;
    this.path = `/run/netns/${name}`;
  }

  static async create(): Promise<NetworkNamespace> {
    await removeAbandoned();
    const namespace = new NetworkNamespace(
      `${PREFIX}${process.pid}-${randomBytes(3).toString('hex')}`,
    );
    await mustRun('ip', ['netns', 'add', namespace.name]);
    await mustRun('ip', ['-n', namespace.name, 'link', 'set', 'lo', 'up']);
    return namespace;
  }

  /**
   * The command line that runs a program inside. Not `ip netns exec`: that mounts a /sys of its own,
   * without the cgroups. nsenter and setpriv replace themselves, so the pid is the program's. It is
   * killed with the test: a run that is cut off leaves no registry and no engine behind.
   */
  command(program: string, ...args: string[]): [string, string[]] {
    return ['nsenter', [`--net=${this.path}`, '--', ...DIE_WITH_TEST, program, ...args]];
  }

  /** Runs a program inside to its end; throws when it fails. */
  run(program: string, ...args: string[]): Promise<string> {
    return mustRun(...this.command(program, ...args));
  }

  /** Interfaces besides loopback. */
  async interfaces(): Promise<string[]> {
    const links = JSON.parse(await mustRun('ip', ['-n', this.name, '-j', 'link'])) as {
      ifname: string;
    }[];
    return links.map((link) => link.ifname).filter((name) => name !== 'lo');
  }

  /** Tables of the packet filter, `ip gantry…`. */
  async filterTables(): Promise<string[]> {
    const listing = await this.run('nft', 'list', 'tables');
    return listing.split('\n').filter((line) => line !== '');
  }

  async close(): Promise<void> {
    await mustRun('ip', ['netns', 'delete', this.name]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Namespaces of test runs that ended without their clean-up. */
async function removeAbandoned(): Promise<void> {
  for (const name of namespaceNames()) {
    const pid = Number(name.slice(PREFIX.length).split('-')[0]);
    if (!isAlive(pid)) await mustRun('ip', ['netns', 'delete', name]).catch(() => {}); // another run did
  }
}

function namespaceNames(): string[] {
  try {
    return readdirSync('/run/netns').filter((name) => name.startsWith(PREFIX));
  } catch {
    return []; // no namespace was ever made on this machine
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
