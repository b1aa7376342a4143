/** What an image is made of: each step of its history with what it did to the files. */
import { EngineError } from '../../contract/errors.ts';
import type { ImageLayers, ImageStep } from '../../contract/store.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { Snapshotter } from '../../drivers/snapshots.ts';
import type { FileChange, FileList, StoreSurveyor } from '../../drivers/store-surveyor.ts';
import { CONFIG_BYTES_MAX, parseImageConfig } from '../../formats/image-config.ts';
import { sizeOf, type ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';

export interface LayersParts {
  readonly images: ImageStore;
  readonly content: ContentStore;
  readonly snapshotter: Snapshotter;
  readonly surveyor: StoreSurveyor;
  readonly ensureUnpacked: (record: ImageRecord) => Promise<void>;
}

export interface LayerFilesRequest {
  /** Counts the image's layers from the lowest, 0. */
  readonly index: number;
  readonly change: FileChange | undefined;
  readonly offset: number | undefined;
  readonly limit: number | undefined;
}

const PAGE_FILES = 1000;
const PAGE_FILES_MAX = 10_000;

export async function describeLayers(
  parts: LayersParts,
  name: string,
  signal: AbortSignal,
): Promise<ImageLayers> {
  const record = parts.images.find(name);
  const totals = await parts.surveyor.surveyLayers(await directoriesOf(parts, record), signal);
  const layers = record.layers.map(({ diffId, digest, blobBytes, sizeBytes }, index) => ({
    index,
    diffId,
    digest,
    blobBytes,
    sizeBytes,
    ...(totals[index] as (typeof totals)[number]),
  }));
  const blobs = new Map(record.layers.map(({ digest, blobBytes }) => [digest, blobBytes]));
  return {
    id: record.id,
    steps: stepsOf(parts.content, record, layers),
    sizeBytes: sizeOf(record),
    blobBytes: [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0),
    wastedBytes: layers.reduce((sum, { wastedBytes }) => sum + wastedBytes, 0),
  };
}

export async function listLayerFiles(
  parts: LayersParts,
  name: string,
  request: LayerFilesRequest,
  signal: AbortSignal,
): Promise<FileList> {
  const record = parts.images.find(name);
  const { index: layer, change, offset = 0, limit = PAGE_FILES } = request;
  if (record.layers[layer] === undefined)
    throw new EngineError('not-found', `image ${name} has no layer ${layer}`);
  if (offset < 0 || limit < 1 || limit > PAGE_FILES_MAX)
    throw new EngineError('invalid-argument', `a page has 1 to ${PAGE_FILES_MAX} files`);
  const directories = await directoriesOf(parts, record);
  return await parts.surveyor.listFiles({ directories, layer, change, offset, limit }, signal);
}

async function directoriesOf(parts: LayersParts, record: ImageRecord): Promise<string[]> {
  await parts.ensureUnpacked(record);
  return record.layers.map(({ diffId }) => parts.snapshotter.pathOf(diffId));
}

/** Layers that the history does not account for come last, without a command. */
function stepsOf(
  content: ContentStore,
  record: ImageRecord,
  layers: readonly NonNullable<ImageStep['layer']>[],
): ImageStep[] {
  const config = parseImageConfig(content.read(record.id, CONFIG_BYTES_MAX));
  const waiting = [...layers];
  const steps = (config.history ?? []).map((entry): ImageStep => {
    const layer = entry.empty_layer ? undefined : waiting.shift();
    return {
      command: entry.created_by ?? '',
      created: entry.created ?? '',
      comment: entry.comment ?? '',
      ...(layer && { layer }),
    };
  });
  const rest = waiting.map((layer) => ({ command: '', created: '', comment: '', layer }));
  return [...steps, ...rest];
}
