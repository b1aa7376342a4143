/**
 * `gantryd --check`: verifies the images of an engine that is stopped and prints what is wrong. Ends
 * with 0 when nothing is, 1 when something is or the data root is in use. A composition root, as
 * `main.ts` is, of the few objects it takes.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { EngineError } from './contract/errors.ts';
import type { StoreCheckMessage } from './contract/store.ts';
import { FileContentStore } from './drivers/content/file-content.ts';
import { OverlaySnapshotter } from './drivers/snapshots/overlay.ts';
import { ThreadedSurveyor } from './drivers/snapshots/threaded-surveyor.ts';
import { SqliteState } from './drivers/state/sqlite.ts';
import { claimRoots } from './host/roots.ts';
import { checkStore } from './services/images/check-store.ts';
import { ImageStore } from './services/images/image-store.ts';
import { StorageUses } from './services/images/storage-uses.ts';

/** Returns the exit code. */
export async function checkAtRest(config: Config): Promise<number> {
  const { dataRoot } = config;
  const database = join(dataRoot, 'state.db');
  if (!existsSync(database))
    throw new EngineError('not-found', `there is no engine's data in ${dataRoot}`);
  const roots = claimRoots(dataRoot, config.execRoot, config.pidFile);
  const state = new SqliteState(database);
  const surveyor = new ThreadedSurveyor();
  try {
    const content = new FileContentStore(join(dataRoot, 'content'));
    const snapshotter = new OverlaySnapshotter(join(dataRoot, 'snapshots'), state);
    const images = new ImageStore(state, new StorageUses(content, snapshotter));
    const stop = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => stop.abort(new EngineError('cancelled', 'interrupted')));
    // Containers outlive their engine: where there are any, no layer is taken from under them.
    const isLayerUsed = () => snapshotter.listWritable().length > 0;
    const parts = { images, content, snapshotter, surveyor, isLayerUsed, isAtRest: true };
    let problems = 0;
    for await (const message of checkStore(parts, stop.signal)) {
      const line = lineOf(message);
      if (line !== undefined) process.stdout.write(`${line}\n`);
      if (message.kind === 'problem') problems++;
    }
    return problems === 0 ? 0 : 1;
  } finally {
    await surveyor.close();
    state.close();
    roots.release();
  }
}

function lineOf(message: StoreCheckMessage): string | undefined {
  switch (message.kind) {
    case 'progress':
      return undefined;
    case 'problem':
      return `${message.message} (${message.images.join(', ') || 'no image needs it'})`;
    case 'leftover':
      return `left over, and removed at the next start: ${message.what}`;
    case 'done':
      return (
        `${message.blobs} blobs of ${message.bytes} bytes and ${message.layers} layers checked: ` +
        `${message.problems} problems, ${message.leftovers} leftovers`
      );
    default:
      return message satisfies never;
  }
}
