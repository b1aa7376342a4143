/**
 * How a layer's blob is packed, told by its first bytes, and what registries call it. Pure.
 * Source: OCI image-spec, layer.md, "+gzip" and "+zstd" media types; RFC 1952 and RFC 8878, magic numbers.
 */
import { MEDIA_TYPE } from './manifest.ts';

/** Bytes of a blob that tell how it is packed. */
export const PACKING_HEAD_BYTES = 4;

/**
 * The OCI media type of a layer that may be pushed as it is; undefined for one that registries do not
 * know (xz, bzip2) or that would waste their space (not packed at all).
 */
export function pushableLayerType(head: Uint8Array): string | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return MEDIA_TYPE.ociLayerGzip;
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  return isZstd ? MEDIA_TYPE.ociLayerZstd : undefined;
}
