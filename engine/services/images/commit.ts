/**
 * Committing: what a container changed becomes one more layer on the image it was made from. The layer
 * is kept as it came, uncompressed: its blob is its diff ID, and a push compresses it.
 */
import { EngineError } from '../../contract/errors.ts';
import type { Ingest } from '../../drivers/content.ts';
import type { UnpackedLayer } from '../../drivers/unpacker.ts';
import type { Digest } from '../../formats/digest.ts';
import {
  CONFIG_BYTES_MAX,
  diffIdsOf,
  parseImageConfig,
  type ImageConfig,
  type ImageRunConfigJson,
} from '../../formats/image-config.ts';
import { LAYERS_MAX, MEDIA_TYPE } from '../../formats/manifest.ts';
import { familiarString, type Reference } from '../../formats/reference.ts';
import { formatTime } from '../../host/clock.ts';
import type { ImportParts } from './import.ts';
import { recordOf, type ImageRecord, type LayerRecord } from './image-record.ts';

export interface CommitImageRequest {
  readonly parent: Digest;
  /** The layer as a tar archive; empty for none. */
  readonly layer: AsyncIterable<Uint8Array>;
  readonly runConfig: ImageRunConfigJson;
  readonly author: string;
  readonly comment: string;
  /** The command of the container, as history shows it. */
  readonly createdBy: string;
  /** With a tag. */
  readonly reference: Reference | undefined;
}

/** Returns the new image's id. Nothing is left of one that fails. */
export async function commitImage(
  parts: ImportParts,
  request: CommitImageRequest,
  signal: AbortSignal,
): Promise<Digest> {
  const { content, images, uses, clock } = parts;
  const parent = images.get(request.parent);
  if (parent === undefined) throw new EngineError('not-found', `No such image: ${request.parent}`);
  using lease = uses.lease({ keepsLayers: false });
  // The parent may be deleted meanwhile, and the container with it.
  for (const { diffId, digest } of parent.layers) {
    lease.hold('snapshot', diffId);
    lease.hold('layer', digest);
  }
  const parentConfig = parseImageConfig(content.read(parent.id, CONFIG_BYTES_MAX));
  const added = await takeIn(parts, request.layer, signal, (layer) => {
    lease.hold('layer', layer.digest);
    lease.hold('snapshot', layer.diffId);
  });
  if (added !== undefined && parent.layers.length >= LAYERS_MAX)
    throw new EngineError('invalid-argument', 'max depth exceeded');
  const created = formatTime(clock.nowNs());
  const bytes = Buffer.from(JSON.stringify(configOf(parentConfig, request, added, created)));
  const id = await content.add(bytes);
  lease.hold('document', id);
  const layers = added === undefined ? parent.layers : [...parent.layers, layerRecord(added)];
  const record: ImageRecord = {
    ...recordOf(id, parseImageConfig(bytes), layers, []),
    parent: parent.id,
    lastTagged: request.reference ? created : '',
  };
  images.add(record, request.reference ? [request.reference] : []);
  if (request.reference !== undefined)
    parts.events.publish({
      type: 'image',
      action: 'tag',
      actorId: id,
      attributes: { ...record.config.Labels, name: familiarString(request.reference) },
    });
  return id;
}

async function takeIn(
  { content, layers }: ImportParts,
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  hold: (layer: UnpackedLayer) => void,
): Promise<UnpackedLayer | undefined> {
  const ingest: Ingest = content.ingestUnknown();
  let isEmpty = true;
  const watched = async function* () {
    for await (const bytes of archive) {
      isEmpty = false;
      yield bytes;
    }
  };
  try {
    await ingest.write(watched(), signal);
    return isEmpty ? undefined : await layers.adopt(ingest, signal, hold);
  } finally {
    ingest.discard();
  }
}

/** Source: moby `image/image.go`, NewChildImage. */
function configOf(
  parent: ImageConfig,
  request: CommitImageRequest,
  added: UnpackedLayer | undefined,
  created: string,
): object {
  const { author, comment, createdBy } = request;
  const history = {
    created,
    ...(author !== '' && { author }),
    created_by: createdBy,
    ...(comment !== '' && { comment }),
    ...(added === undefined && { empty_layer: true }),
  };
  return {
    architecture: parent.architecture,
    ...(parent.variant && { variant: parent.variant }),
    os: parent.os,
    ...(parent['os.version'] && { 'os.version': parent['os.version'] }),
    created,
    ...(author !== '' && { author }),
    config: request.runConfig,
    history: [...(parent.history ?? []), history],
    rootfs: {
      type: 'layers',
      diff_ids: [...diffIdsOf(parent), ...(added === undefined ? [] : [added.diffId])],
    },
  };
}

function layerRecord({ diffId, digest, blobBytes, sizeBytes }: UnpackedLayer): LayerRecord {
  return { diffId, digest, mediaType: MEDIA_TYPE.ociLayer, blobBytes, sizeBytes };
}
