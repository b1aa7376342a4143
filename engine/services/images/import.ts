/** Importing: one archive becomes an image of one layer, with a configuration made here. */
import { EngineError } from '../../contract/errors.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { UnpackedLayer } from '../../drivers/unpacker.ts';
import type { Digest } from '../../formats/digest.ts';
import { parseImageConfig } from '../../formats/image-config.ts';
import { MEDIA_TYPE } from '../../formats/manifest.ts';
import { parsePlatform, type Platform } from '../../formats/platform.ts';
import type { Reference } from '../../formats/reference.ts';
import { formatTime, type Clock } from '../../host/clock.ts';
import type { EventBus } from '../events/event-bus.ts';
import { applyChanges } from './import-changes.ts';
import { recordOf } from './image-record.ts';
import type { ImageStore } from './image-store.ts';
import type { LayerStore } from './layer-store.ts';
import type { Lease, StorageUses } from './storage-uses.ts';

export interface ImportRequest {
  /** A tar archive, plain or compressed (gzip, zstd, bzip2, xz). */
  readonly archive: AsyncIterable<Uint8Array>;
  readonly reference: Reference | undefined;
  readonly message: string;
  readonly changes: readonly string[];
  readonly platform: string;
}

export interface ImportParts {
  readonly content: ContentStore;
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly uses: StorageUses;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly host: Platform;
}

/** Returns the new image's id. */
export async function importImage(
  parts: ImportParts,
  request: ImportRequest,
  signal: AbortSignal,
): Promise<Digest> {
  const { platform, runConfig } = verifyImport(request, parts.host);
  using lease = parts.uses.lease({ keepsLayers: false });
  const layer = await takeIn(parts, request.archive, signal, lease);
  const created = formatTime(parts.clock.nowNs());
  const comment = request.message || 'Imported from -';
  const bytes = Buffer.from(
    JSON.stringify({
      architecture: platform.architecture,
      ...(platform.variant && { variant: platform.variant }),
      os: platform.os,
      created,
      comment,
      config: runConfig,
      history: [{ created, comment }],
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    }),
  );
  const id = await parts.content.add(bytes);
  lease.hold('document', id);
  const record = recordOf(
    id,
    parseImageConfig(bytes),
    [
      {
        diffId: layer.diffId,
        digest: layer.digest,
        mediaType: MEDIA_TYPE.ociLayer,
        blobBytes: layer.blobBytes,
        sizeBytes: layer.sizeBytes,
      },
    ],
    [],
  );
  parts.images.add(
    { ...record, lastTagged: request.reference ? created : '' },
    request.reference ? [request.reference] : [],
  );
  parts.events.publish({
    type: 'image',
    action: 'import',
    actorId: id,
    attributes: { ...record.config.Labels, name: id },
  });
  return id;
}

/** What the request asks of the image; throws `invalid-argument` for what no image can be. */
export function verifyImport(
  request: Pick<ImportRequest, 'platform' | 'changes'>,
  host: Platform,
): { readonly platform: Platform; readonly runConfig: ReturnType<typeof applyChanges> } {
  const platform = parsePlatform(request.platform, host);
  if (platform.os !== 'linux')
    throw new EngineError('invalid-argument', `operating system "${platform.os}" is not supported`);
  return { platform, runConfig: applyChanges({}, request.changes) };
}

async function takeIn(
  { content, layers }: ImportParts,
  archive: ImportRequest['archive'],
  signal: AbortSignal,
  lease: Lease,
): Promise<UnpackedLayer> {
  const ingest = content.ingestUnknown();
  try {
    await ingest.write(archive, signal);
    return await layers.adopt(ingest, signal, ({ digest, diffId }) => {
      lease.hold('layer', digest);
      lease.hold('snapshot', diffId);
    });
  } finally {
    ingest.discard();
  }
}
