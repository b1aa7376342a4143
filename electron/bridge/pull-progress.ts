/**
 * What Docker's pull messages say about the layers, as the window draws them. Pure but for the clock
 * readings it is handed. Source: moby `pkg/streamformatter`, docker/cli's progress output.
 */
import type { PullLayer } from '../ipc/contract.ts';

export interface PullMessage {
  readonly id?: string | undefined;
  readonly status?: string | undefined;
  readonly progressDetail?:
    { readonly current?: number | undefined; readonly total?: number | undefined } | undefined;
}

/** Images have at most 127 layers; more ids than this are not followed. */
const LAYER_LIMIT = 512;
/** The rate is taken over this long. */
const RATE_WINDOW_MS = 3000;

/** Phases by status; a status that is not here (`Pulling from …`, `Digest: …`) is about no layer. */
const PHASES: Readonly<Record<string, PullLayer['phase']>> = {
  'Pulling fs layer': 'waiting',
  Waiting: 'waiting',
  Downloading: 'downloading',
  'Verifying Checksum': 'downloading',
  'Download complete': 'downloading',
  Extracting: 'unpacking',
  'Pull complete': 'done',
  'Already exists': 'exists',
};

interface Layer {
  phase: PullLayer['phase'];
  downloadedBytes: number;
  downloadTotalBytes: number;
  unpackedBytes: number;
  unpackTotalBytes: number;
}

export class PullProgress {
  readonly #layers = new Map<string, Layer>();
  #samples: { atMs: number; bytes: number }[] = [];

  apply(message: PullMessage, nowMs: number): void {
    const phase = PHASES[message.status ?? ''];
    if (phase === undefined || message.id === undefined) return;
    const layer = this.#layer(message.id);
    if (!layer) return;
    layer.phase = phase;
    const { current = 0, total = 0 } = message.progressDetail ?? {};
    if (message.status === 'Downloading') {
      layer.downloadedBytes = current;
      layer.downloadTotalBytes = Math.max(total, layer.downloadTotalBytes);
    } else if (phase === 'unpacking') {
      layer.unpackedBytes = current;
      layer.unpackTotalBytes = Math.max(total, layer.unpackTotalBytes);
    }
    if (phase !== 'waiting' && message.status !== 'Downloading')
      layer.downloadedBytes = layer.downloadTotalBytes;
    this.#sample(nowMs);
  }

  get layers(): readonly PullLayer[] {
    return [...this.#layers].map(([id, layer]) => ({ id, phase: layer.phase, ...bytesOf(layer) }));
  }

  get currentBytes(): number {
    return this.#sum((layer) => layer.downloadedBytes);
  }

  get totalBytes(): number {
    return this.#sum((layer) => layer.downloadTotalBytes);
  }

  bytesPerSecond(nowMs: number): number {
    const first = this.#samples.find(({ atMs }) => atMs >= nowMs - RATE_WINDOW_MS);
    if (!first || nowMs <= first.atMs) return 0;
    return Math.max(0, ((this.currentBytes - first.bytes) * 1000) / (nowMs - first.atMs));
  }

  #layer(id: string): Layer | undefined {
    const known = this.#layers.get(id);
    if (known || this.#layers.size >= LAYER_LIMIT) return known;
    const layer: Layer = {
      phase: 'waiting',
      downloadedBytes: 0,
      downloadTotalBytes: 0,
      unpackedBytes: 0,
      unpackTotalBytes: 0,
    };
    this.#layers.set(id, layer);
    return layer;
  }

  #sum(of: (layer: Layer) => number): number {
    let sum = 0;
    for (const layer of this.#layers.values()) sum += of(layer);
    return sum;
  }

  /** At most ten samples a second, none older than the window. */
  #sample(nowMs: number): void {
    const last = this.#samples.at(-1);
    if (last && nowMs - last.atMs < 100) return;
    this.#samples = this.#samples.filter(({ atMs }) => atMs >= nowMs - RATE_WINDOW_MS);
    this.#samples.push({ atMs: nowMs, bytes: this.currentBytes });
  }
}

function bytesOf(layer: Layer): { currentBytes: number; totalBytes: number } {
  switch (layer.phase) {
    case 'waiting':
      return { currentBytes: 0, totalBytes: layer.downloadTotalBytes };
    case 'unpacking':
      return {
        currentBytes: Math.min(layer.unpackedBytes, layer.unpackTotalBytes),
        totalBytes: layer.unpackTotalBytes,
      };
    case 'downloading':
      return { currentBytes: layer.downloadedBytes, totalBytes: layer.downloadTotalBytes };
    case 'done':
    case 'exists':
      return { currentBytes: layer.downloadTotalBytes, totalBytes: layer.downloadTotalBytes };
  }
}
