/**
 * Progress of a pull as Docker's clients expect it: one line per step of each layer, bars as numbers
 * and as text, and a stream that collects the lines of layers that move at the same time. Pure but
 * for the queue.
 * Source: moby `pkg/jsonmessage`, `pkg/streamformatter`; docker/go-units `HumanSize`.
 */
import type { ProgressMessage } from '../../contract/images.ts';
import type { Digest } from '../../formats/digest.ts';
import { hexOf } from '../../formats/digest.ts';

/** 12 hex digits, as `docker pull` shows layers and images. */
export function shortId(digest: Digest): string {
  return hexOf(digest).slice(0, 12);
}

/** A step without a bar: `Pull complete`. */
export function stepLine(status: string, id: string): ProgressMessage {
  return { status, progressDetail: {}, id };
}

/** A step with a bar: `Downloading`. */
export function barLine(
  status: string,
  id: string,
  current: number,
  total: number,
): ProgressMessage {
  return { status, progressDetail: { current, total }, progress: barText(current, total), id };
}

/** An amount that belongs to no layer; without a bar where nobody knows how much there is. */
export function amountLine(
  status: string,
  current: number,
  total: number | undefined,
): ProgressMessage {
  if (!total) return { status, progressDetail: { current }, progress: humanSize(current) };
  return { status, progressDetail: { current, total }, progress: barText(current, total) };
}

const BAR_WIDTH = 50;

/** `[====>      ]    1.2MB/3.4MB`. */
export function barText(current: number, total: number): string {
  const filled = Math.min(BAR_WIDTH, Math.floor(Math.floor((current / total) * 100) / 2));
  const bar = `[${'='.repeat(filled)}>${' '.repeat(BAR_WIDTH - filled)}]`;
  return `${bar} ${humanSize(current).padStart(8)}/${humanSize(total)}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Four significant digits in decimal units: `1.234MB`. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(4))}${UNITS[unit]}`;
}

/** Lines that may wait for a slow client; beyond it bars are left out, steps never. */
const QUEUE_MAX = 1000;

/** Lines from several sources, in the order they came, for one reader. */
export class ProgressStream {
  private readonly queue: ProgressMessage[] = [];
  private wake: (() => void) | undefined;

  push(line: ProgressMessage): void {
    if (this.queue.length >= QUEUE_MAX && line.progress !== undefined) return;
    this.queue.push(line);
    this.wake?.();
  }

  /** Yields lines until `work` has settled and all of them were read; throws what `work` throws. */
  async *until<T>(work: Promise<T>): AsyncGenerator<ProgressMessage, T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
      this.wake?.();
    };
    work.then(settle, settle);
    for (;;) {
      yield* this.queue.splice(0);
      if (isSettled && this.queue.length === 0) return await work;
      if (this.queue.length > 0) continue;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        if (isSettled || this.queue.length > 0) resolve();
      });
    }
  }
}
