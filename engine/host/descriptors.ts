/**
 * Pseudo-terminals: made here, or received from another process. A runtime makes one inside the
 * container and sends its master over a unix socket, which Node cannot receive.
 * Sources: unix(7) SCM_RIGHTS, recvmsg(2), cmsg(3), pty(7), ioctl_tty(2); OCI runtime-spec, console
 * socket.
 */
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReadStream } from 'node:tty';
import { errnoOf } from './errno.ts';
import { check, libc } from './system-calls.ts';

const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;

/**
 * Takes one descriptor that was sent over a connected unix socket, close-on-exec. Undefined when the
 * next message carries none; throws EAGAIN when there is no message yet.
 */
export function receiveDescriptor(socketFd: number): number | undefined {
  const koffi = createRequire(import.meta.url)('koffi') as { address(bytes: Buffer): bigint };
  // struct msghdr, iovec and cmsghdr of 64-bit Linux, laid out by hand: all fields are 8 bytes wide.
  const payload = Buffer.alloc(256);
  const control = Buffer.alloc(64);
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(koffi.address(payload), 0);
  vector.writeBigUInt64LE(BigInt(payload.length), 8);
  const header = Buffer.alloc(56);
  header.writeBigUInt64LE(koffi.address(vector), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(koffi.address(control), 32);
  header.writeBigUInt64LE(BigInt(control.length), 40);
  const receive = libc('intptr_t recvmsg(int fd, _Inout_ void *message, int flags)');
  const flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
  check(Number(receive(socketFd, header, flags)), 'recvmsg', `fd ${socketFd}`);
  const hasDescriptor =
    header.readBigUInt64LE(40) >= 20n &&
    control.readInt32LE(8) === SOL_SOCKET &&
    control.readInt32LE(12) === SCM_RIGHTS;
  return hasDescriptor ? control.readInt32LE(16) : undefined;
}

/** A socket at a path that waits for one descriptor. */
export interface DescriptorInbox extends Disposable {
  /** The descriptor; the caller closes it. Rejects with the signal's reason when it aborts first. */
  receive(signal: AbortSignal): Promise<number>;
}

/** Listens at `path`, which may be longer than a unix address; disposing removes it. */
export async function openInbox(path: string): Promise<DescriptorInbox> {
  const { promise: connected, resolve } = Promise.withResolvers<Socket>();
  // Paused: a read by Node would take the message and drop the descriptor that comes with it.
  const server = createServer({ pauseOnConnect: true }, resolve);
  // An address takes 107 bytes: the directory is named by a descriptor.
  const directoryFd = openSync(dirname(path), 'r');
  try {
    await new Promise<void>((listening, fail) => {
      server.once('error', fail);
      server.listen(`/proc/self/fd/${directoryFd}/${basename(path)}`, listening);
    });
  } finally {
    closeSync(directoryFd);
  }
  let socket: Socket | undefined;
  return {
    async receive(signal) {
      const aborted = Promise.withResolvers<never>();
      const abort = () => aborted.reject(signal.reason as Error);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      try {
        socket = await Promise.race([connected, aborted.promise]);
        return await pollDescriptor(socket, signal);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    [Symbol.dispose]() {
      socket?.destroy();
      server.close();
      rmSync(path, { force: true });
    },
  };
}

async function pollDescriptor(socket: Socket, signal: AbortSignal): Promise<number> {
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  for (;;) {
    try {
      const descriptor = receiveDescriptor(fd);
      if (descriptor !== undefined) return descriptor;
    } catch (error) {
      if (!isNotYet(error)) throw error;
    }
    // Looked for once more after the end: it may have been sent during the last wait.
    signal.throwIfAborted();
    // Sent right after connecting: a wait of more than one round is rare.
    await sleep(1);
  }
}

/** One number, two names. */
function isNotYet(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'EAGAIN' || errno === 'EWOULDBLOCK';
}

/** The engine's side of a pseudo-terminal. */
export interface Terminal {
  /** Ends when the last process has closed the other side. */
  readonly stream: ReadStream;
  resize(rows: number, columns: number): void;
}

/** Both sides of a new terminal of the host, close-on-exec. The caller closes them. */
export function createTerminal(): { readonly masterFd: number; readonly userFd: number } {
  const flags = constants.O_RDWR | constants.O_NOCTTY;
  const O_CLOEXEC = 0o2000000;
  const open = libc('int posix_openpt(int flags)');
  const masterFd = check(open(flags | O_CLOEXEC) as number, 'posix_openpt', '');
  try {
    check(libc('int unlockpt(int fd)')(masterFd) as number, 'unlockpt', `fd ${masterFd}`);
    const name = Buffer.alloc(64);
    libc('int ptsname_r(int fd, _Out_ void *name, size_t size)')(masterFd, name, name.length);
    const userFd = openSync(name.toString('latin1', 0, name.indexOf(0)), flags);
    return { masterFd, userFd };
  } catch (error) {
    closeSync(masterFd);
    throw error;
  }
}

/**
 * A terminal's end of file is the error EIO. As an error it would throw away what has been read and
 * not yet been taken, so it becomes the end it is.
 */
class TerminalStream extends ReadStream {
  override destroy(error?: Error): this {
    if ((error as NodeJS.ErrnoException | undefined)?.code !== 'EIO') return super.destroy(error);
    this.push(null);
    return this;
  }
}

/** Takes over the descriptor: destroying the stream closes it. */
export function openTerminal(fd: number): Terminal {
  let stream: ReadStream;
  try {
    stream = new TerminalStream(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    stream,
    resize: (rows, columns) => {
      if (!stream.destroyed) setTerminalSize(fd, rows, columns);
    },
  };
}

/** In characters, of either side of a terminal; its programs get SIGWINCH. */
export function setTerminalSize(fd: number, rows: number, columns: number): void {
  const TIOCSWINSZ = 0x5414;
  const size = Buffer.alloc(8);
  size.writeUInt16LE(rows & 0xffff, 0);
  size.writeUInt16LE(columns & 0xffff, 2);
  const ioctl = libc('int ioctl(int fd, unsigned long request, const void *argument)');
  check(ioctl(fd, TIOCSWINSZ, size) as number, 'ioctl TIOCSWINSZ', `fd ${fd}`);
}
