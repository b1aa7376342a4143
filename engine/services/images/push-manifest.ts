/**
 * The manifest under which an image is pushed: the one it came with, byte for byte, as long as its
 * layers are what they were; else one made up from what was sent.
 */
import type { ContentStore } from '../../drivers/content.ts';
import type { FetchedManifest } from '../../drivers/registry.ts';
import { digestOf } from '../../formats/digest.ts';
import {
  MANIFEST_BYTES_MAX,
  MEDIA_TYPE,
  parseManifest,
  type Descriptor,
  type ImageManifest,
} from '../../formats/manifest.ts';
import type { ImageRecord } from './image-record.ts';

export interface KeptManifest extends FetchedManifest {
  readonly manifest: ImageManifest;
}

/** The manifest the image was pulled by; undefined when its layers are kept in other blobs by now. */
export function keptManifestOf(
  content: ContentStore,
  record: ImageRecord,
): KeptManifest | undefined {
  for (const digest of record.manifests) {
    if (!content.has(digest)) continue;
    const bytes = content.read(digest, MANIFEST_BYTES_MAX);
    const manifest = parseManifest(bytes);
    if (manifest.kind === 'image' && describes(manifest, record))
      return { mediaType: manifest.mediaType, digest, bytes, manifest };
  }
  return undefined;
}

function describes({ config, layers }: ImageManifest, record: ImageRecord): boolean {
  if (config.digest !== record.id || layers.length !== record.layers.length) return false;
  return layers.every((layer, index) => layer.digest === record.layers[index]?.digest);
}

/**
 * A manifest of Docker's schema 2 where its media types can say how the layers are packed, an OCI one
 * otherwise. Spaced as Docker spaces it, so that both push an image under one digest.
 * Source: distribution `manifest/schema2`, FromStruct.
 */
export function composeManifest(
  config: Pick<Descriptor, 'digest' | 'size'>,
  layers: readonly Descriptor[],
): FetchedManifest {
  const isDocker = layers.every(({ mediaType }) => mediaType === MEDIA_TYPE.ociLayerGzip);
  const mediaType = isDocker ? MEDIA_TYPE.dockerManifest : MEDIA_TYPE.ociManifest;
  const document = {
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: isDocker ? MEDIA_TYPE.dockerConfig : MEDIA_TYPE.ociConfig,
      size: config.size,
      digest: config.digest,
    },
    layers: layers.map((layer) => ({
      mediaType: isDocker ? MEDIA_TYPE.dockerLayerGzip : layer.mediaType,
      size: layer.size,
      digest: layer.digest,
    })),
  };
  const bytes = Buffer.from(JSON.stringify(document, null, 3));
  return { bytes, mediaType, digest: digestOf(bytes) };
}
