/**
 * A gantryd of the test's own: roots in a temporary folder, a network namespace without a way out,
 * and, unless told otherwise, a registry inside it that stands in for docker.io and has `busybox`.
 *
 * `close()` removes every container, stops the engine, and fails when anything of it is left on the
 * machine: processes, mounts, interfaces, filter tables, cgroups. What is left is cleaned up first.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flags, runCommand, RunningCommand } from './command.ts';
import { DockerCli } from './docker-cli.ts';
import { EngineTraces } from './engine-traces.ts';
import { eventually } from './eventually.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { Registry } from './registry.ts';
import { mountRunFolder, mountSmallDisk } from './run-folder.ts';
import { httpOverUnix, type HttpAnswer, type HttpRequest } from './unix-http.ts';

export interface EngineOptions {
  /** Further flags of gantryd. */
  readonly args?: readonly string[];
  /** Its environment; default the test's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default true. */
  readonly registry?: boolean;
  /** What the registry serves; default a folder of its own with `busybox`. */
  readonly storageFolder?: string;
  /** Gives the data root a file system of its own, of this size. */
  readonly dataRootMegabytes?: number;
  /** The engine's entry file; default its sources. */
  readonly program?: string;
}

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const NODE = join(REPOSITORY, 'node_modules/.bin/node');
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 60_000;

interface Parts {
  readonly folder: string;
  readonly namespace: NetworkNamespace;
  readonly registry: Registry | undefined;
  readonly docker: DockerCli;
}

export class TestEngine implements AsyncDisposable {
  /** Holds everything of this engine; a place for a test's own files too. */
  readonly folder: string;
  readonly socket: string;
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly namespace: NetworkNamespace;
  readonly docker: DockerCli;
  private readonly startedRegistry: Registry | undefined;
  private readonly options: EngineOptions;
  private readonly earlierLogs: string[] = [];
  private program: RunningCommand | undefined;

  constructor(parts: Parts, options: EngineOptions) {
    this.folder = parts.folder;
    this.socket = socketIn(parts.folder);
    this.dataRoot = join(parts.folder, 'data');
    this.execRoot = join(parts.folder, 'run');
    this.namespace = parts.namespace;
    this.docker = parts.docker;
    this.startedRegistry = parts.registry;
    this.options = options;
    process.once('exit', this.killAtExit);
  }

  /** The registry that stands in for docker.io. */
  get registry(): Registry {
    if (this.startedRegistry === undefined) throw new Error('started with registry: false');
    return this.startedRegistry;
  }

  /** All that the engine wrote since the test began, over restarts. */
  get log(): string {
    return [...this.earlierLogs, this.program?.stdout ?? '', this.program?.stderr ?? ''].join('');
  }

  get isRunning(): boolean {
    return this.program !== undefined;
  }

  get pid(): number {
    const pid = this.program?.child.pid;
    if (pid === undefined) throw new Error('the engine does not run');
    return pid;
  }

  /** A request without any client library. */
  request(path: string, options: HttpRequest = {}): Promise<HttpAnswer> {
    return httpOverUnix(this.socket, path, options);
  }

  /** Starts the engine (again) on the same roots; resolves once it answers `/_ping`. */
  async start(): Promise<void> {
    const main = this.options.program ?? join(REPOSITORY, 'engine/main.ts');
    const program = new RunningCommand(...this.namespace.command(NODE, main, ...this.flags()), {
      timeoutMs: 3_600_000,
      cwd: REPOSITORY,
      ...(this.options.env && { env: this.options.env }),
    });
    this.program = program;
    const answers = async (): Promise<boolean> => (await this.request('/_ping')).status === 200;
    const ended = program.result.then(({ code }) => {
      throw new Error(`gantryd ended with ${code} at its start:\n${this.log.slice(-4000)}`);
    });
    await Promise.race([eventually('gantryd answers', answers, START_DEADLINE_MS), ended]);
    ended.catch(() => {}); // from here on it may end when it likes
  }

  /** As a crash: no chance to say goodbye. Containers go on. */
  async kill9(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM, and waits for the end. Containers go on. */
  async stop(): Promise<void> {
    const code = await this.end('SIGTERM');
    if (code !== 0) throw new Error(`gantryd ended with ${code}:\n${this.log.slice(-4000)}`);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async removeContainers(): Promise<void> {
    const all = (await this.request('/containers/json?all=1')).json() as { Id: string }[];
    const answers = await Promise.all(
      all.map(({ Id }) => this.request(`/containers/${Id}?force=1&v=1`, { method: 'DELETE' })),
    );
    const refused = answers.find(({ status }) => status >= 300 && status !== 404);
    if (refused) throw new Error(`a container could not be removed: ${refused.text}`);
  }

  async close(): Promise<void> {
    const traces = new EngineTraces(this.folder, this.namespace);
    const problems: unknown[] = [];
    const step = async (work: () => unknown): Promise<void> => {
      try {
        await work();
      } catch (error) {
        problems.push(error);
      }
    };
    await step(() => this.program ?? this.start());
    await step(() => traces.rememberCgroups());
    await step(() => this.removeContainers());
    await step(() => this.program && this.stop());
    // Refused while something is left in it, which the traces then tell.
    await step(() => runCommand('umount', [this.execRoot]));
    if (this.options.dataRootMegabytes) await step(() => runCommand('umount', [this.dataRoot]));
    await step(() => this.startedRegistry?.close());
    await step(() => traces.removeAll());
    await step(() => this.namespace.close());
    await step(() => rm(this.folder, { recursive: true, force: true }));
    this.docker[Symbol.dispose]();
    process.removeListener('exit', this.killAtExit);
    if (problems.length > 0) throw new AggregateError(problems, messageOf(problems));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private flags(): string[] {
    return [
      ...flags({
        '--host': `unix://${this.socket}`,
        '--data-root': this.dataRoot,
        '--exec-root': this.execRoot,
        '--pidfile': join(this.folder, 'engine.pid'),
      }),
      ...(this.startedRegistry ? ['--registry-mirror', this.startedRegistry.url] : []),
      ...(this.options.args ?? []),
    ];
  }

  private async end(signal: NodeJS.Signals): Promise<number> {
    const { program } = this;
    if (program === undefined) throw new Error('the engine does not run');
    program.kill(signal);
    const overdue = AbortSignal.timeout(STOP_DEADLINE_MS);
    overdue.addEventListener('abort', () => program.kill('SIGKILL'));
    const { code } = await program.result;
    if (overdue.aborted) throw new Error(`gantryd did not end in ${STOP_DEADLINE_MS} ms`);
    this.earlierLogs.push(program.stdout, program.stderr);
    this.program = undefined;
    return code;
  }

  private readonly killAtExit = (): void => this.program?.kill('SIGKILL');
}

/** Starts an engine; resolves once it answers. */
export async function startEngine(options: EngineOptions = {}): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-'));
  const namespace = await NetworkNamespace.create();
  const { storageFolder } = options;
  const registry =
    options.registry === false
      ? undefined
      : await Registry.start({ namespace, ...(storageFolder && { storageFolder }) });
  const docker = await DockerCli.forSocket(socketIn(folder));
  const engine = new TestEngine({ folder, namespace, registry, docker }, options);
  await mountRunFolder(engine.execRoot);
  const { dataRootMegabytes } = options;
  if (dataRootMegabytes) await mountSmallDisk(engine.dataRoot, dataRootMegabytes);
  try {
    await engine.start();
    return engine;
  } catch (error) {
    await engine.kill9().catch(() => {}); // it did not come up: that is the error to tell
    await engine.close().catch(() => {});
    throw error;
  }
}

/** Short: a unix socket's path has at most 107 bytes. */
function socketIn(folder: string): string {
  return join(folder, 'g.sock');
}

function messageOf(problems: readonly unknown[]): string {
  return problems.map((problem) => (problem as Error).message).join('\n');
}
