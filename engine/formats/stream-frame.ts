/**
 * Docker's stdcopy frames: how stdout and stderr share one connection when there is no TTY. A frame
 * is an 8-byte header (stream, three zeros, payload length as big-endian uint32) and the payload.
 * Pure. Source: Docker Engine API v1.50, "Attach to a container", Stream format.
 */

export type FrameStream = 'stdin' | 'stdout' | 'stderr' | 'systemerr';

export const FRAME_HEADER_BYTES = 8;

const STREAM_NUMBERS = { stdin: 0, stdout: 1, stderr: 2, systemerr: 3 } as const;
const STREAM_NAMES = ['stdin', 'stdout', 'stderr', 'systemerr'] as const;

/** The header alone, for writing header and payload as two buffers without copying the payload. */
export function encodeFrameHeader(stream: FrameStream, payloadBytes: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  writeFrameHeader(header, 0, stream, payloadBytes);
  return header;
}

/** Writes a header in place at `offset`; `target` has at least 8 bytes there. */
export function writeFrameHeader(
  target: Buffer,
  offset: number,
  stream: FrameStream,
  payloadBytes: number,
): void {
  target.writeUInt32BE(STREAM_NUMBERS[stream] * 0x1000000, offset);
  target.writeUInt32BE(payloadBytes, offset + 4);
}

/** A whole frame in one buffer; the payload is copied. */
export function encodeFrame(stream: FrameStream, bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + bytes.length);
  writeFrameHeader(frame, 0, stream, bytes.length);
  frame.set(bytes, FRAME_HEADER_BYTES);
  return frame;
}

export interface Frame {
  readonly stream: FrameStream;
  readonly bytes: Buffer;
}

/** Longest payload a decoder accepts, so that a broken peer cannot make it hoard memory. */
const MAX_PAYLOAD_BYTES = 64 << 20;

/**
 * Takes frames out of a byte stream that arrives in arbitrary pieces. `push` returns the frames
 * completed by the piece; payloads may share memory with it. Throws RangeError on bytes that are no
 * frame header.
 */
export class FrameDecoder {
  private pending: Buffer = Buffer.alloc(0);

  push(piece: Buffer): Frame[] {
    let rest = this.pending.length === 0 ? piece : Buffer.concat([this.pending, piece]);
    const frames: Frame[] = [];
    while (rest.length >= FRAME_HEADER_BYTES) {
      const stream = STREAM_NAMES[rest[0] ?? 4];
      const payloadBytes = rest.readUInt32BE(4);
      if (stream === undefined || payloadBytes > MAX_PAYLOAD_BYTES)
        throw new RangeError(`not a stream frame: ${rest.subarray(0, 8).toString('hex')}`);
      const end = FRAME_HEADER_BYTES + payloadBytes;
      if (rest.length < end) break;
      frames.push({ stream, bytes: rest.subarray(FRAME_HEADER_BYTES, end) });
      rest = rest.subarray(end);
    }
    this.pending = rest;
    return frames;
  }

  /** Bytes of an unfinished frame; 0 when the stream may end here. */
  get pendingBytes(): number {
    return this.pending.length;
  }
}
