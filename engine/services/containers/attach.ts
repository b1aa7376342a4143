/** Attaching to a container's streams, before or while it runs. */
import type { Duplex } from 'node:stream';
import { EngineError } from '../../contract/errors.ts';
import { sizeProblem } from '../../contract/exec.ts';
import { DetachKeyFilter, parseDetachKeys } from '../../formats/detach-keys.ts';
import { FrameDecoder } from '../../formats/stream-frame.ts';
import { writeAll } from './container-streams.ts';
import { publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { requireCanAttach, requireProcess } from './state.ts';

export interface AttachWish {
  /** Empty: the default ones. */
  readonly detachKeys: string;
  /** Everything logged so far comes first. */
  readonly logs: boolean;
  /** What comes from now on. */
  readonly stream: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Both streams as one, without frames. */
  readonly isRaw?: boolean;
}

/**
 * Checks the request, then calls `connect` for the client's connection. Resolves when the attachment
 * is over: the container ended, the detach keys came, or the client left.
 */
export async function attachContainer(
  context: ContainerContext,
  name: string,
  wish: AttachWish,
  connect: () => Duplex,
): Promise<void> {
  const keys = detachKeysOf(wish);
  const container = context.store.find(name);
  requireCanAttach(container.state, name);
  const { Tty, OpenStdin } = container.config;
  const { stdout, stderr } = wish;
  const connection = connect();
  const isRaw = wish.isRaw ?? false;
  const logged = wish.logs ? context.readLog(container, { stdout, stderr }) : undefined;
  const replay = logged && isRaw && !Tty ? withoutFrames(logged) : logged;
  try {
    publish(context, container, 'attach');
    if (!wish.stream) {
      if (replay !== undefined) await writeAll(connection, replay);
      return;
    }
    const attached = container.streams.attach({
      connection,
      stdin: wish.stdin && OpenStdin,
      stdout,
      stderr: stderr && !Tty,
      detachKeys: Tty && wish.stdin ? new DetachKeyFilter(keys) : undefined,
      isRaw,
      replay,
    });
    if ((await attached) === 'detached') publish(context, container, 'detach');
  } finally {
    connection.end();
  }
}

function detachKeysOf({ detachKeys }: AttachWish): Buffer {
  try {
    return parseDetachKeys(detachKeys);
  } catch (cause) {
    const message = `Invalid detach keys (${detachKeys}) provided`;
    throw new EngineError('invalid-argument', message, { cause });
  }
}

async function* withoutFrames(framed: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const decoder = new FrameDecoder();
  for await (const piece of framed) for (const { bytes } of decoder.push(piece)) yield bytes;
}

export function resizeTerminal(
  context: ContainerContext,
  container: LiveContainer,
  rows: number,
  columns: number,
): void {
  requireProcess(container.state, container.id);
  context.monitor.resize(container.bundlePath, rows, columns);
  publish(context, container, 'resize', { height: String(rows), width: String(columns) });
}

/** `h` and `w` of a resize. Throws `invalid-argument`. */
export function parseSize(name: 'height' | 'width', text: string): number {
  const problem = sizeProblem(text);
  if (problem === undefined) return Number(text);
  throw new EngineError('invalid-argument', `invalid resize ${name} "${text}": ${problem}`);
}
