/**
 * Who is attached to a container. One connection to the monitor serves all of them: output goes to
 * everyone who asked for its stream, input comes from everyone who sends. A reader that lags holds
 * the container back, as a slow terminal does; one that is gone does not.
 *
 * Attaching before the start is possible: the connection to the monitor is made between creation and
 * start, so the first byte is seen.
 */
import type { Duplex } from 'node:stream';
import type { Monitor, StreamConnection } from '../../drivers/monitor.ts';
import type { DetachKeyFilter } from '../../formats/detach-keys.ts';
import { encodeFrameHeader } from '../../formats/stream-frame.ts';

export interface StreamsOptions {
  /** Output is sent raw, all of it as stdout. */
  readonly hasTerminal: boolean;
  /** The container's input ends with that of the first client who sent any. */
  readonly endsInput: boolean;
}

export interface AttachRequest {
  readonly connection: Duplex;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Looks for the keys that leave; only with a terminal. */
  readonly detachKeys: DetachKeyFilter | undefined;
  /** Output is sent as it is; else it is framed where there are two streams. */
  readonly isRaw: boolean;
  /** Written to the connection before anything live. */
  readonly replay?: AsyncIterable<Buffer> | undefined;
}

/** How an attachment ended: by the container, by the keys, or by the client. */
export type AttachOutcome = 'ended' | 'detached' | 'gone';

class Attachment {
  readonly request: AttachRequest;
  readonly outcome: Promise<AttachOutcome>;
  /** Live output has to wait: a replay is going on, or the client lags. */
  isBlocked = false;
  isReplaying = false;
  private readonly resolve: (outcome: AttachOutcome) => void;

  constructor(request: AttachRequest) {
    this.request = request;
    const { promise, resolve } = Promise.withResolvers<AttachOutcome>();
    this.outcome = promise;
    this.resolve = resolve;
  }

  end(outcome: AttachOutcome): void {
    this.resolve(outcome);
  }
}

export class ContainerStreams {
  private readonly options: StreamsOptions;
  private readonly attachments = new Set<Attachment>();
  private monitor: { readonly monitor: Monitor; readonly bundlePath: string } | undefined;
  private live: StreamConnection | undefined;
  /** Called when the output of the run that is over has come to its end. */
  private readonly endListeners: (() => void)[] = [];
  /** Connections that are being ended, with output that has yet to leave the engine. */
  private readonly leaving = new Set<Duplex>();

  constructor(options: StreamsOptions) {
    this.options = options;
  }

  /** The container is created and may be connected to; connects if somebody waits. */
  open(monitor: Monitor, bundlePath: string): void {
    this.monitor = { monitor, bundlePath };
    if (this.attachments.size === 0) return;
    this.connect();
    for (const attachment of this.attachments) this.carryInput(attachment);
  }

  /** The run is over, or never began: everybody's connection ends. */
  close(): void {
    this.monitor = undefined;
    if (this.live === undefined) this.endAll();
    // With a connection its own end comes after the last byte of output.
  }

  /** Somebody is attached, or is getting the last of the output. */
  get isInUse(): boolean {
    return this.attachments.size > 0 || this.leaving.size > 0;
  }

  /**
   * Resolves when all that a run wrote, which is over, has been sent to those who are attached: one
   * who waits for its end must not hear of it before.
   */
  async drained(): Promise<void> {
    if (this.live !== undefined)
      await new Promise<void>((resolve) => this.endListeners.push(resolve));
    await Promise.all([...this.leaving].map(isSent));
  }

  /** Nothing more will come, whatever the connection says. */
  abort(): void {
    this.live?.close();
    this.live = undefined;
    this.monitor = undefined;
    this.endAll();
  }

  /** Resolves when the attachment is over; the connection is then to be ended by the caller. */
  attach(request: AttachRequest): Promise<AttachOutcome> {
    const attachment = new Attachment(request);
    this.attachments.add(attachment);
    const { connection } = request;
    connection.on('drain', () => this.unblock(attachment));
    connection.on('close', () => this.leave(attachment, 'gone'));
    connection.on('error', () => this.leave(attachment, 'gone'));
    if (request.replay !== undefined) void this.replay(attachment, request.replay);
    if (this.monitor !== undefined) {
      this.connect();
      this.carryInput(attachment);
    }
    return attachment.outcome;
  }

  private connect(): void {
    if (this.live !== undefined || this.monitor === undefined) return;
    const { monitor, bundlePath } = this.monitor;
    try {
      this.live = monitor.connect(bundlePath, {
        onOutput: (stream, bytes) => this.carryOutput(stream, bytes),
        onDrain: () => this.resumeInput(),
        onEnd: () => {
          this.live = undefined;
          this.endAll();
        },
      });
    } catch {
      // The monitor ended just now.
      this.endAll();
    }
    this.balance();
  }

  private carryOutput(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    for (const attachment of this.attachments) {
      const { request } = attachment;
      if (!request[stream]) continue;
      const { connection } = request;
      if (connection.destroyed || connection.writableEnded) continue;
      // Corked, header and payload leave in one system call, and the payload is not copied.
      connection.cork();
      const isFramed = !this.options.hasTerminal && !request.isRaw;
      if (isFramed) connection.write(encodeFrameHeader(stream, bytes.length));
      const hasRoom = connection.write(bytes);
      connection.uncork();
      if (!hasRoom) {
        attachment.isBlocked = true;
        this.balance();
      }
    }
  }

  private async replay(attachment: Attachment, bytes: AsyncIterable<Buffer>): Promise<void> {
    attachment.isReplaying = true;
    this.balance();
    try {
      await writeAll(attachment.request.connection, bytes);
    } catch {
      // A log that cannot be read is no reason not to attach.
    }
    attachment.isReplaying = false;
    this.balance();
  }

  private unblock(attachment: Attachment): void {
    attachment.isBlocked = false;
    this.balance();
  }

  /** Output flows when nobody has to wait. */
  private balance(): void {
    const waits = [...this.attachments].some((it) => it.isBlocked || it.isReplaying);
    if (waits) this.live?.pause();
    else this.live?.resume();
  }

  private carryInput(attachment: Attachment): void {
    const { connection, stdin, detachKeys } = attachment.request;
    if (!stdin) {
      connection.resume(); // else the client's going would not be noticed
      return;
    }
    connection.on('data', (bytes: Buffer) => {
      const wanted = detachKeys === undefined ? bytes : detachKeys.push(bytes);
      if (wanted === undefined) return this.leave(attachment, 'detached');
      if (wanted.length > 0 && this.live?.write(wanted) === false) connection.pause();
    });
    const endInput = (): void => {
      if (this.options.endsInput) this.live?.endInput();
    };
    // A client with nothing to send may have said so before the container was there.
    if (connection.readableEnded) endInput();
    else connection.on('end', endInput);
  }

  private resumeInput(): void {
    for (const { request } of this.attachments) if (request.stdin) request.connection.resume();
  }

  private leave(attachment: Attachment, outcome: AttachOutcome): void {
    if (!this.attachments.delete(attachment)) return;
    attachment.end(outcome);
    if (attachment.request.stdin && this.options.endsInput) this.live?.endInput();
    this.balance();
    // Without input to keep open there is no reason to go on reading for nobody.
    if (this.attachments.size === 0 && !this.options.endsInput) {
      this.live?.close();
      this.live = undefined;
      this.tellEnd();
    }
  }

  private endAll(): void {
    for (const attachment of [...this.attachments]) {
      this.attachments.delete(attachment);
      attachment.end('ended');
      this.seeOff(attachment.request.connection);
    }
    this.tellEnd();
  }
  private tellEnd(): void {
    for (const listener of this.endListeners.splice(0)) listener();
  }

  private seeOff(connection: Duplex): void {
    this.leaving.add(connection);
    void isSent(connection).then(() => this.leaving.delete(connection));
  }
}

/** As fast as the client reads; until it is gone. */
export async function writeAll(connection: Duplex, bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const piece of bytes) {
    if (connection.destroyed) return;
    if (connection.write(piece)) continue;
    await new Promise<void>((resolve) => {
      const go = () => {
        connection.off('drain', go).off('close', go);
        resolve();
      };
      connection.once('drain', go).once('close', go);
    });
  }
}

/** Resolves when the connection was ended and everything written to it is with the kernel, or it broke. */
function isSent(connection: Duplex): Promise<void> {
  if (connection.writableFinished || connection.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    connection.once('finish', resolve);
    connection.once('close', resolve);
  });
}
