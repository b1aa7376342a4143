/**
 * Carries bytes between a client's connection and an exec'd program until the program has ended and
 * its output is delivered. A slow client slows the program down; one that goes away does not end it:
 * its input ends, its output is read and dropped.
 */
import type { Duplex, Readable, Writable } from 'node:stream';
import type { ExecProcess } from '../../drivers/exec.ts';
import { encodeFrameHeader, type FrameStream } from '../../formats/stream-frame.ts';

/** Without bytes for this long after the program's end, what still holds its output is left alone. */
const QUIET_MS = 500;
const LOOK_MS = 50;

export interface CarryOptions {
  /** Frames output with stream headers; false sends it raw. */
  readonly isFramed: boolean;
  readonly hasTerminal: boolean;
  /** Looks through the client's input; undefined once the detach keys came. */
  readonly filterInput?: (bytes: Buffer) => Buffer | undefined;
}

/** Resolves when the connection may be closed; it is left open. `detached`: the keys were typed. */
export async function carryStreams(
  process: ExecProcess,
  connection: Duplex,
  options: CarryOptions,
): Promise<'ended' | 'detached'> {
  connection.on('error', () => {}); // a client that vanished; 'close' follows
  const output = new Output(connection, options.isFramed);
  if (process.stdout) output.add('stdout', process.stdout);
  if (process.stderr) output.add('stderr', process.stderr);
  const detached = carryInput(connection, process.stdin, options);
  const ended = async () => {
    await process.ended;
    await output.drained();
    return 'ended' as const;
  };
  const outcome = await Promise.race([ended(), detached]);
  if (outcome === 'detached') output.disconnect();
  return outcome;
}

/** Writes a text where the client sees the program's stdout. */
export function sendText(connection: Duplex, isFramed: boolean, text: string): void {
  const bytes = Buffer.from(text);
  if (isFramed) connection.write(encodeFrameHeader('stdout', bytes.length));
  connection.write(bytes);
}

/** Resolves only when the client detaches. */
function carryInput(
  connection: Duplex,
  stdin: Writable | undefined,
  { hasTerminal, filterInput }: CarryOptions,
): Promise<'detached'> {
  const { promise: detached, resolve } = Promise.withResolvers<'detached'>();
  const endInput = () => {
    // A terminal has no half-close: ending its stream would hang the program up.
    if (stdin !== undefined && !hasTerminal) stdin.end();
  };
  connection.on('data', (bytes: Buffer) => {
    const wanted = filterInput === undefined ? bytes : filterInput(bytes);
    if (wanted === undefined) return resolve('detached');
    if (stdin === undefined || stdin.destroyed || stdin.writableEnded) return;
    if (wanted.length > 0 && !stdin.write(wanted)) connection.pause();
  });
  stdin?.on('drain', () => connection.resume());
  stdin?.on('close', () => connection.resume());
  // A client with nothing to send may have said so before the program was there.
  if (connection.readableEnded) endInput();
  connection.on('end', endInput);
  connection.on('close', endInput);
  return detached;
}

class Output {
  private readonly connection: Duplex;
  private readonly isFramed: boolean;
  private readonly open = new Set<Readable>();
  private readonly allEnded = Promise.withResolvers<void>();
  private carriedBytes = 0;
  private isBlocked = false;
  private isConnected = true;

  constructor(connection: Duplex, isFramed: boolean) {
    this.connection = connection;
    this.isFramed = isFramed;
    connection.on('drain', () => this.unblock());
    connection.on('close', () => this.disconnect());
  }

  add(name: FrameStream, source: Readable): void {
    this.open.add(source);
    source.on('data', (bytes: Buffer) => this.carry(name, bytes));
    const finish = () => {
      this.open.delete(source);
      if (this.open.size === 0) this.allEnded.resolve();
    };
    source.on('end', finish);
    source.on('close', finish);
    source.on('error', finish); // EIO is how a terminal says that its last program is gone
  }

  /** From now on output is read and dropped. */
  disconnect(): void {
    this.isConnected = false;
    this.unblock();
  }

  /** Resolves when all output is delivered, or nothing has come for a while. */
  async drained(): Promise<void> {
    if (this.open.size === 0) return;
    let seenBytes = -1;
    let quietMs = 0;
    const look = setInterval(() => {
      quietMs = this.isBlocked || seenBytes !== this.carriedBytes ? 0 : quietMs + LOOK_MS;
      seenBytes = this.carriedBytes;
      if (quietMs >= QUIET_MS) for (const source of this.open) source.destroy();
    }, LOOK_MS);
    await this.allEnded.promise;
    clearInterval(look);
  }

  private carry(name: FrameStream, bytes: Buffer): void {
    this.carriedBytes += bytes.length;
    if (!this.isConnected || this.connection.destroyed || this.connection.writableEnded) return;
    // Corked, header and payload leave in one system call, and the payload is not copied.
    this.connection.cork();
    if (this.isFramed) this.connection.write(encodeFrameHeader(name, bytes.length));
    const hasRoom = this.connection.write(bytes);
    this.connection.uncork();
    if (hasRoom) return;
    this.isBlocked = true;
    for (const source of this.open) source.pause();
  }

  private unblock(): void {
    this.isBlocked = false;
    for (const source of this.open) source.resume();
  }
}
