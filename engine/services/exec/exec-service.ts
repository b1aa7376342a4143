/**
 * Further programs in running containers: prepared, started once, inspected for some minutes after
 * they ended. Of an earlier engine's only those are known that run still; with which status they end
 * nobody can tell.
 *
 * Wiring: `new ExecService({ containers, runner: new RuntimeExec(…), events, resolveUser })`, then
 * `bind(EXEC_ROUTES, execHandlers(exec))`; `exec.idsOf(id)` is what container inspect shows as ExecIDs.
 */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { EngineError } from '../../contract/errors.ts';
import { execCreateBody, type ExecCreateBody, type ExecInspect } from '../../contract/exec.ts';
import type { ConsoleSize, ExecProcess, ExecRunner, RecoveredExec } from '../../drivers/exec.ts';
import { DetachKeyFilter } from '../../formats/detach-keys.ts';
import type { ProcessUser } from '../../formats/passwd.ts';
import { homeVariable } from '../../formats/runtime-spec.ts';
import type { ContainerLookup, ContainerView } from '../containers/container.ts';
import type { EventBus } from '../events/event-bus.ts';
import { execEnvironment } from './exec-environment.ts';
import { publishExec } from './exec-events.ts';
import { ExecRecords, type Exec } from './exec-records.ts';
import { commandText, detachKeysOf, requireCanExec, sizeOf, streamsOf } from './exec-request.ts';
import { carryStreams, sendText } from './exec-streams.ts';
import { RunLimits } from './run-limits.ts';

/** Ended execs are forgotten after this long; dockerd looks every five minutes too. */
const KEPT_AFTER_END_MS = 5 * 60_000;

export interface ExecCollaborators {
  readonly containers: ContainerLookup;
  readonly runner: ExecRunner;
  readonly events: EventBus;
  /**
   * `user[:group]`, names or numbers, by the container's own files, or the container's own for the empty
   * text; `invalid-argument` when unknown.
   */
  readonly resolveUser: (container: ContainerView, user: string) => ProcessUser;
  /** Of `--link`: `DB_PORT=…`. */
  readonly linkVariables: (container: ContainerView) => readonly string[];
}

export interface ExecStartRequest {
  readonly isDetached: boolean;
  /** Whether the client reads raw bytes (it asked for a TTY) or frames. */
  readonly isFramed: boolean;
  readonly consoleSize: ConsoleSize | undefined;
}

/** How the engine runs a program for itself. */
export interface OwnRunOptions {
  /** Gets both streams, unframed. */
  readonly output: Duplex;
  /** From when the program runs; then it is ended by force. */
  readonly timeoutMs: number;
  /** Ends it earlier. */
  readonly signal: AbortSignal;
}

export interface OwnRunResult {
  readonly exitCode: number;
  readonly isOverdue: boolean;
}

/** A program that does not come to run in this time never will. */
const START_LIMIT_MS = 30_000;

export class ExecService {
  private readonly parts: ExecCollaborators;
  private readonly execs = new ExecRecords();

  constructor(collaborators: ExecCollaborators) {
    this.parts = collaborators;
    collaborators.events.subscribe(({ type, action, actorId }) => {
      if (type !== 'container') return;
      if (action === 'destroy') this.forget(actorId, () => true);
      if (action === 'die') this.forget(actorId, ({ phase }) => phase === 'created');
    });
  }

  /** Once, when the containers are known. */
  recover(): void {
    for (const recovered of this.parts.runner.survivors()) this.adopt(recovered);
  }

  private adopt({ execId, containerId, args, hasTerminal, pid, ended }: RecoveredExec): void {
    const exec: Exec = {
      id: execId,
      containerId,
      body: execCreateBody.parse({ Cmd: args, Tty: hasTerminal }),
      detachKeys: Buffer.alloc(0),
      phase: 'running',
      exitCode: null,
      process: { pid: () => pid, resize: () => {} },
      consoleSize: undefined,
    };
    this.execs.add(exec);
    void ended.then(() => this.end(exec, null));
  }

  /** Prepares a program; returns its id. `conflict` when the container does not run or is paused. */
  create(nameOrId: string, body: ExecCreateBody): string {
    if (body.Cmd.length === 0)
      throw new EngineError('invalid-argument', 'No exec command specified');
    const container = this.parts.containers.find(nameOrId);
    requireCanExec(container, nameOrId);
    const id = randomBytes(32).toString('hex');
    this.execs.add({
      id,
      containerId: container.id,
      body,
      detachKeys: detachKeysOf(body),
      phase: 'created',
      exitCode: null,
      process: undefined,
      consoleSize: sizeOf(body.ConsoleSize),
    });
    this.parts.runner.prepare({
      execId: id,
      containerId: container.id,
      runtimeName: container.hostConfig.Runtime,
      hasTerminal: body.Tty,
      streams: streamsOf(body),
    });
    publishExec(this.parts.events, container, `exec_create: ${commandText(body)}`, id);
    return id;
  }

  /**
   * Runs a prepared program. Detached: resolves once it runs, throws when it cannot be executed.
   * Attached: `connect` is called when nothing but the program itself can fail any more; from then on
   * what goes wrong is written to the connection, as Docker does, and the result tells nothing.
   */
  async start(id: string, request: ExecStartRequest, connect: () => Duplex): Promise<void> {
    const exec = this.find(id);
    const container = this.parts.containers.find(exec.containerId);
    requireCanExec(container);
    if (exec.phase !== 'created') {
      const state = exec.phase === 'running' ? 'is already running' : 'has already run';
      throw new EngineError('conflict', `Error: Exec command ${id} ${state}`);
    }
    const connection = request.isDetached ? undefined : connect();
    exec.phase = 'running';
    exec.consoleSize = request.consoleSize ?? exec.consoleSize;
    try {
      const process = await this.launch(exec, container, { isDetached: request.isDetached });
      if (connection === undefined) await requireStarted(process);
      else await this.attach(exec, container, process, connection, request.isFramed);
    } catch (error) {
      if (exec.process === undefined) this.end(exec, 126);
      if (connection === undefined) throw error;
      sendText(connection, request.isFramed, `${(error as Error).message}\r\n`);
    } finally {
      connection?.end();
    }
  }

  /**
   * Runs a program for the engine itself, to its end. Neither it nor what it started outlives the run
   * where it is cut off, by time, signal, or the engine's own end. Throws when it cannot be run.
   */
  async run(nameOrId: string, body: ExecCreateBody, options: OwnRunOptions): Promise<OwnRunResult> {
    const exec = this.find(this.create(nameOrId, body));
    const container = this.parts.containers.find(exec.containerId);
    exec.phase = 'running';
    using limits = new RunLimits(options.signal);
    try {
      const process = await this.launch(exec, container, { endsWithEngine: true });
      void limits.hold(process, { startMs: START_LIMIT_MS, runMs: options.timeoutMs });
      await this.attach(exec, container, process, options.output, false);
      return { exitCode: exec.exitCode ?? 0, isOverdue: limits.isOverdue };
    } finally {
      if (exec.process === undefined) this.end(exec, 126);
    }
  }

  resize(id: string, size: ConsoleSize): void {
    const exec = this.find(id);
    requireCanExec(this.parts.containers.find(exec.containerId));
    if (exec.phase === 'ended') throw new EngineError('conflict', `exec ${id} has already ended`);
    exec.consoleSize = size;
    exec.process?.resize(size);
  }

  inspect(id: string): ExecInspect {
    const { body, ...exec } = this.find(id);
    return {
      ID: exec.id,
      Running: exec.phase === 'running',
      ExitCode: exec.exitCode,
      ProcessConfig: {
        tty: body.Tty,
        entrypoint: body.Cmd[0] ?? '',
        arguments: body.Cmd.slice(1),
        privileged: body.Privileged,
        ...(body.User !== '' && { user: body.User }),
      },
      OpenStdin: body.AttachStdin,
      OpenStderr: body.AttachStderr,
      OpenStdout: body.AttachStdout,
      CanRemove: exec.phase === 'ended',
      ContainerID: exec.containerId,
      DetachKeys: body.DetachKeys === '' ? '' : exec.detachKeys.toString('base64'),
      Pid: exec.process?.pid() ?? 0,
    };
  }

  /** Ids of the container's execs that have not ended, or null when it has none (Docker's own form). */
  idsOf(containerId: string): string[] | null {
    const ids = this.execs
      .ofContainer(containerId)
      .filter(({ phase }) => phase !== 'ended')
      .map(({ id }) => id);
    return ids.length > 0 ? ids : null;
  }

  private async launch(
    exec: Exec,
    container: ContainerView,
    how: { readonly isDetached?: boolean; readonly endsWithEngine?: boolean },
  ): Promise<ExecProcess> {
    const { body } = exec;
    const { home, ...user } = this.parts.resolveUser(container, body.User);
    const more = [...homeVariable(home), ...this.parts.linkVariables(container)];
    publishExec(this.parts.events, container, `exec_start: ${commandText(body)}`, exec.id);
    const process = await this.parts.runner.start({
      execId: exec.id,
      containerId: container.id,
      runtimeName: container.hostConfig.Runtime,
      bundlePath: container.bundlePath,
      args: body.Cmd,
      env: execEnvironment(container.config, body.Env, body.Tty, more),
      workingDirectory: body.WorkingDir || container.config.WorkingDir || '/',
      user: body.User === '' ? undefined : user,
      isPrivileged: body.Privileged,
      hasTerminal: body.Tty,
      consoleSize: exec.consoleSize,
      streams: streamsOf(body),
      isDetached: how.isDetached ?? false,
      endsWithEngine: how.endsWithEngine ?? false,
    });
    exec.process = process;
    this.execs.shrink(exec);
    if (exec.consoleSize !== undefined) process.resize(exec.consoleSize);
    void this.awaitEnd(exec, container, process);
    return process;
  }

  private async attach(
    exec: Exec,
    container: ContainerView,
    process: ExecProcess,
    connection: Duplex,
    isFramed: boolean,
  ): Promise<void> {
    const keys = new DetachKeyFilter(exec.detachKeys);
    const outcome = await carryStreams(process, connection, {
      isFramed,
      hasTerminal: exec.body.Tty,
      ...(exec.body.Tty && { filterInput: (bytes: Buffer) => keys.push(bytes) }),
    });
    if (outcome === 'detached') {
      publishExec(this.parts.events, container, 'exec_detach', exec.id);
      return;
    }
    const { failure } = await process.ended;
    if (failure !== undefined) throw failure.error;
  }

  private async awaitEnd(
    exec: Exec,
    container: ContainerView,
    process: ExecProcess,
  ): Promise<void> {
    const { exitCode, failure } = await process.ended;
    this.end(exec, exitCode);
    if (failure === undefined)
      publishExec(this.parts.events, container, 'exec_die', exec.id, {
        exitCode: String(exitCode),
      });
  }

  private end(exec: Exec, exitCode: number | null): void {
    exec.phase = 'ended';
    exec.exitCode = exitCode;
    const pid = exec.process?.pid() ?? 0;
    exec.process = { pid: () => pid, resize: () => {} }; // its streams and what they hold may go
    setTimeout(() => this.execs.delete(exec.id), KEPT_AFTER_END_MS).unref();
  }

  private find(id: string): Exec {
    const exec = this.execs.get(id);
    if (exec === undefined) throw new EngineError('not-found', `No such exec instance: ${id}`);
    return exec;
  }

  private forget(containerId: string, isForgotten: (exec: Exec) => boolean): void {
    for (const exec of this.execs.ofContainer(containerId))
      if (isForgotten(exec)) this.execs.delete(exec.id);
  }
}

async function requireStarted(process: ExecProcess): Promise<void> {
  await process.started();
  if (process.pid() > 0) return;
  const { failure } = await process.ended;
  if (failure !== undefined) throw failure.error;
}
