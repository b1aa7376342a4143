/**
 * Descriptors that Node can poll and read but has no constructor for: a process as a descriptor, and
 * unix sockets that keep packets apart (SOCK_SEQPACKET). libuv treats both like a pipe, so reading
 * stops when nobody reads, which is what holds a flood of output back at its source.
 * Sources: pidfd_open(2), unix(7).
 */
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { check, libc } from './system-calls.ts';

interface PipeHandle {
  open(fd: number): number;
}

interface PipeBinding {
  readonly Pipe: new (kind: number) => PipeHandle;
  readonly constants: { readonly SOCKET: number };
}

/** Takes over the descriptor. Node's public constructor would refuse it by its type. */
function socketOf(fd: number): Socket {
  const { binding } = process as unknown as { binding(name: string): PipeBinding };
  const { Pipe, constants: kinds } = binding.call(process, 'pipe_wrap');
  const handle = new Pipe(kinds.SOCKET);
  const failure = handle.open(fd);
  if (failure !== 0) {
    closeSync(fd);
    throw new Error(`cannot watch descriptor ${fd}: error ${failure}`);
  }
  return new Socket({ handle, allowHalfOpen: true } as object);
}

const SYS_PIDFD_OPEN = 434;

/**
 * Calls `onEnd` once when the process has ended, whoever its parent is; at once (in a later turn)
 * when it is gone already. Returns how to stop watching. Does not keep the engine alive.
 */
export function watchProcess(pid: number, onEnd: () => void): () => void {
  let fd: number;
  try {
    const open = libc('long syscall(long number, int pid, unsigned int flags)');
    fd = check(Number(open(SYS_PIDFD_OPEN, pid, 0)), 'pidfd_open', String(pid));
  } catch {
    const timer = setImmediate(onEnd);
    return () => clearImmediate(timer);
  }
  const socket = socketOf(fd);
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    onEnd();
  };
  // The descriptor becomes readable when the process ends; reading it is refused with EINVAL.
  socket.on('error', end);
  socket.on('end', end);
  socket.resume();
  socket.unref();
  return () => {
    isOver = true;
    socket.destroy();
  };
}

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0x80000;
const SOCK_NONBLOCK = 0x800;

/**
 * Connects to a listening SOCK_SEQPACKET socket called `name` in `directory`, however long its path.
 * Each `data` event is one packet, each write one packet. Throws SystemCallError.
 */
export function connectPackets(directory: string, name: string): Socket {
  // sun_path takes 107 bytes: the directory is named by a descriptor.
  const directoryFd = openSync(directory, constants.O_DIRECTORY | constants.O_RDONLY);
  try {
    const path = `/proc/self/fd/${directoryFd}/${name}`;
    const address = Buffer.alloc(110);
    address.writeUInt16LE(AF_UNIX, 0);
    address.write(path, 2, 'latin1');
    const create = libc('int socket(int domain, int type, int protocol)');
    const type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const fd = check(create(AF_UNIX, type, 0) as number, 'socket', path);
    try {
      const connect = libc('int connect(int fd, const void *address, unsigned int size)');
      check(connect(fd, address, address.length) as number, 'connect', `${directory}/${name}`);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    const socket = socketOf(fd);
    // Pending writes would go out as one packet: without this method they go one by one.
    (socket as { _writev?: unknown })._writev = undefined;
    return socket;
  } finally {
    closeSync(directoryFd);
  }
}

/** Both ends of a pipe, close-on-exec. The caller closes them. */
export function openPipe(): { readonly reading: number; readonly writing: number } {
  const ends = Buffer.alloc(8);
  const O_CLOEXEC = 0o2000000;
  check(libc('int pipe2(_Out_ void *ends, int flags)')(ends, O_CLOEXEC) as number, 'pipe2', '');
  return { reading: ends.readInt32LE(0), writing: ends.readInt32LE(4) };
}
