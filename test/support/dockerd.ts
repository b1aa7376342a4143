/**
 * Debian's dockerd, run from the cache in a network namespace of its own: what Docker really does
 * where its documentation is silent, and the peer of the benchmarks.
 */
import { globSync } from 'node:fs';
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { flags, RunningCommand, runCommand } from './command.ts';
import { debianPackage } from './debian-packages.ts';
import { DockerCli } from './docker-cli.ts';
import { eventually } from './eventually.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { childrenOf, mountsUnder } from './processes.ts';
import { mountRunFolder } from './run-folder.ts';
import { Registry } from './registry.ts';
import { httpOverUnix, type HttpAnswer, type HttpRequest } from './unix-http.ts';

export interface DockerdOptions {
  /** Serve this storage folder as docker.io's mirror; default one of its own with `busybox`. */
  readonly storageFolder?: string;
}

export class Dockerd implements AsyncDisposable {
  readonly folder: string;
  readonly socket: string;
  readonly namespace: NetworkNamespace;
  readonly docker: DockerCli;
  readonly registry: Registry;
  private readonly program: RunningCommand;
  /** Parents of containers that were there before this dockerd. */
  private readonly otherCgroups = cgroupParents();

  private constructor(
    folder: string,
    registry: Registry,
    namespace: NetworkNamespace,
    program: RunningCommand,
    docker: DockerCli,
  ) {
    this.folder = folder;
    this.socket = join(folder, 'd.sock');
    this.registry = registry;
    this.namespace = namespace;
    this.program = program;
    this.docker = docker;
  }

  static async start(options: DockerdOptions = {}): Promise<Dockerd> {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-peer-'));
    const namespace = await NetworkNamespace.create();
    const registry = await Registry.start({ namespace, ...options });
    await mountRunFolder(join(folder, 'run'));
    const program = new RunningCommand(
      ...namespace.command(
        'dockerd',
        ...flags({
          '--host': `unix://${join(folder, 'd.sock')}`,
          '--pidfile': join(folder, 'd.pid'),
          '--data-root': join(folder, 'data'),
          '--exec-root': join(folder, 'run'),
          '--registry-mirror': registry.url,
          '--insecure-registry': registry.address,
          '--init-path': join(await debianPackage('tini'), 'usr/bin/tini-static'),
        }),
      ),
      { env: { ...process.env, PATH: await peerPath() }, timeoutMs: 3_600_000 },
    );
    const docker = await DockerCli.forSocket(join(folder, 'd.sock'));
    const dockerd = new Dockerd(folder, registry, namespace, program, docker);
    const ended = program.result.then(({ stderr }) => {
      throw new Error(`dockerd ended at its start:\n${stderr.slice(-4000)}`);
    });
    const answers = async (): Promise<boolean> => (await dockerd.request('/_ping')).status === 200;
    try {
      await Promise.race([eventually('dockerd answers', answers, 60_000), ended]);
    } catch (error) {
      await dockerd.close();
      throw error;
    }
    ended.catch(() => {});
    return dockerd;
  }

  request(path: string, options: HttpRequest = {}): Promise<HttpAnswer> {
    return httpOverUnix(this.socket, path, options);
  }

  /** The daemon and the containerd it started. */
  processIds(): number[] {
    const own = this.program.child.pid ?? 0;
    return [own, ...childrenOf(new Set([own]))];
  }

  async close(): Promise<void> {
    const ids = await this.docker.run(['ps', '--all', '--quiet']);
    const all = ids.stdout.split('\n').filter(Boolean);
    if (all.length > 0) await this.docker.run(['rm', '--force', '--volumes', ...all]);
    this.program.kill('SIGTERM');
    await this.program.result;
    await this.registry.close();
    // dockerd leaves its own network namespace mounted, and its data folder on itself.
    for (const path of mountsUnder(this.folder).toReversed())
      await runCommand('umount', ['--lazy', path]);
    await this.namespace.close();
    await rm(this.folder, { recursive: true, force: true });
    for (const path of cgroupParents().filter((it) => !this.otherCgroups.includes(it)))
      await rmdir(path).catch(() => {}); // another dockerd's containers are in it by now
    this.docker[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** dockerd makes one in each hierarchy and never removes it. */
function cgroupParents(): string[] {
  return globSync('/sys/fs/cgroup/{,*/}docker');
}

/** A PATH on which dockerd finds its containerd, runc and docker-proxy, unpacked. */
async function peerPath(): Promise<string> {
  const folders: string[] = [];
  for (const name of ['docker.io', 'containerd', 'runc'] as const) {
    const root = await debianPackage(name);
    folders.push(join(root, 'usr/sbin'), join(root, 'usr/bin'));
  }
  return [...folders, process.env.PATH].join(delimiter);
}
