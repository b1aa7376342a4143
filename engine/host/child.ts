/**
 * Starts programs with vfork semantics and real pipes.
 *
 * node:child_process copies the engine's page tables for each child (1 ms at 60 MB of memory, 3 ms
 * at 100, all of it on the main loop) and gives it sockets for stdio, which `echo > /dev/stdout`
 * in a container cannot open. posix_spawn shares the memory until exec, and what it hands over are
 * pipes. Children start with default signal handlers, an empty signal mask and a session of their
 * own: a Ctrl-C at the engine's terminal does not reach them. They are never killed by the engine's
 * end. Sources: posix_spawn(3), waitpid(2), pipe(2).
 */
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { errnoName, SystemCallError } from './errno.ts';
import { check, libc } from './system-calls.ts';

/** How a child ended: its status, or 128 + the number of the signal that killed it. */
export type ExitStatus = number;

export interface Child {
  readonly pid: number;
  /** The engine's ends of the pipes; undefined for streams that are none. */
  readonly stdin: Socket | undefined;
  readonly stdout: Socket | undefined;
  readonly stderr: Socket | undefined;
  /** Resolves when the child has ended; its pipes may be open longer where its children hold them. */
  readonly exited: Promise<ExitStatus>;
}

/** A pipe to the engine, `/dev/null`, or a descriptor of the engine (which stays open there). */
export type ChildStream = 'pipe' | 'null' | number;

export interface ChildOptions {
  /** A fixed PATH alone where it is left out: what the engine was started with stays with it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin: ChildStream;
  readonly stdout: ChildStream;
  readonly stderr: ChildStream;
  /** The directory it starts in; the engine's own where it is left out. */
  readonly cwd?: string;
  /** Descriptors the child gets as 3, 4 …; they stay open in the engine. */
  readonly inherit?: readonly number[];
}

const PLAIN_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

/** Starts `program` (an absolute path). Throws SystemCallError when it cannot be executed. */
export function startChild(program: string, args: readonly string[], options: ChildOptions): Child {
  const pipes: StreamEnds[] = [];
  let pid: number;
  try {
    pipes.push(openStream(options.stdin, 'read'));
    pipes.push(openStream(options.stdout, 'write'));
    pipes.push(openStream(options.stderr, 'write'));
    const stdio = [...pipes.map(({ child }) => child), ...(options.inherit ?? [])];
    pid = spawn(program, [program, ...args], options.env ?? PLAIN_ENVIRONMENT, stdio, options.cwd);
  } catch (error) {
    for (const { ours } of pipes) if (ours !== undefined) closeSync(ours);
    throw error;
  } finally {
    for (const { child, isShared } of pipes) if (!isShared) closeSync(child);
  }
  const exited = reap(pid);
  const [stdin, stdout, stderr] = pipes.map(({ ours }, index) =>
    ours === undefined
      ? undefined
      : new Socket({ fd: ours, readable: index !== 0, writable: index === 0 }),
  );
  return { pid, stdin, stdout, stderr, exited };
}

interface StreamEnds {
  readonly child: number;
  readonly ours?: number;
  /** The child's end is the caller's to close. */
  readonly isShared?: boolean;
}

/** The child's end of a stream, and ours. Both close on exec. */
function openStream(kind: ChildStream, childSide: 'read' | 'write'): StreamEnds {
  if (typeof kind === 'number') return { child: kind, isShared: true };
  if (kind === 'null') return { child: openSync('/dev/null', childSide === 'read' ? 'r' : 'w') };
  const ends = Buffer.alloc(8);
  const O_CLOEXEC = 0o2000000;
  check(libc('int pipe2(_Out_ void *ends, int flags)')(ends, O_CLOEXEC) as number, 'pipe2', '');
  const [reading, writing] = [ends.readInt32LE(0), ends.readInt32LE(4)];
  return childSide === 'read'
    ? { child: reading, ours: writing }
    : { child: writing, ours: reading };
}

const SPAWN_SETSIGDEF = 0x04;
const SPAWN_SETSIGMASK = 0x08;
const SPAWN_SETSID = 0x80;
/** Larger than the opaque types of any libc: glibc's are 336, 80 and 128 bytes. */
const OPAQUE_BYTES = 512;

function spawn(
  program: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  stdio: readonly number[],
  cwd: string | undefined,
): number {
  const attributes = Buffer.alloc(OPAQUE_BYTES);
  const actions = Buffer.alloc(OPAQUE_BYTES);
  const pid = Buffer.alloc(4);
  libc('int posix_spawnattr_init(void *attr)')(attributes);
  libc('int posix_spawn_file_actions_init(void *actions)')(actions);
  try {
    libc('int posix_spawnattr_setflags(void *attr, short flags)')(
      attributes,
      SPAWN_SETSIGDEF | SPAWN_SETSIGMASK | SPAWN_SETSID,
    );
    libc('int posix_spawnattr_setsigdefault(void *attr, const void *set)')(
      attributes,
      Buffer.alloc(OPAQUE_BYTES, 0xff),
    );
    const addDup2 = libc('int posix_spawn_file_actions_adddup2(void *actions, int fd, int target)');
    for (const [target, fd] of stdio.entries()) addDup2(actions, fd, target);
    if (cwd !== undefined)
      libc('int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)')(
        actions,
        cwd,
      );
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const errno = libc(
      'int posix_spawn(_Out_ void *pid, const char *path, const void *actions, const void *attr, const char **argv, const char **envp)',
    )(pid, program, actions, attributes, [...argv, null], [...variables, null]) as number;
    if (errno !== 0) throw new SystemCallError('posix_spawn', program, errnoName(errno));
    return pid.readInt32LE(0);
  } finally {
    libc('int posix_spawn_file_actions_destroy(void *actions)')(actions);
    libc('int posix_spawnattr_destroy(void *attr)')(attributes);
  }
}

const waiting = new Map<number, (status: ExitStatus) => void>();
let guard: NodeJS.Timeout | undefined;
/** A signal handle alone does not keep the process alive, so this timer does; it also looks again. */
const GUARD_MS = 1000;

/**
 * Waits for a child without blocking: SIGCHLD says that some child ended, WNOHANG asks each of ours.
 * libuv does the same for its own children, by pid, so neither takes the other's.
 */
function reap(pid: number): Promise<ExitStatus> {
  if (process.listeners('SIGCHLD').length === 0) process.on('SIGCHLD', reapEnded);
  guard ??= setInterval(reapEnded, GUARD_MS);
  const { promise, resolve } = Promise.withResolvers<ExitStatus>();
  waiting.set(pid, resolve);
  // It may have ended before the handler was there.
  setImmediate(reapEnded);
  return promise;
}

function reapEnded(): void {
  const WNOHANG = 1;
  const status = Buffer.alloc(4);
  for (const [pid, resolve] of waiting) {
    const result = libc('int waitpid(int pid, _Out_ void *status, int options)')(
      pid,
      status,
      WNOHANG,
    );
    if (result === 0) continue;
    waiting.delete(pid);
    resolve(result === pid ? exitStatusOf(status.readInt32LE(0)) : UNKNOWN_STATUS);
  }
  if (waiting.size > 0) return;
  clearInterval(guard);
  guard = undefined;
}

/** Somebody else reaped it. */
const UNKNOWN_STATUS: ExitStatus = 255;

/** Source: wait(2), WIFEXITED and WTERMSIG. */
function exitStatusOf(waitStatus: number): ExitStatus {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? (waitStatus >> 8) & 0xff : 128 + signal;
}
