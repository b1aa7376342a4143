/**
 * The manifests an image was pulled by, as clients that know multi-platform stores see them: which
 * platforms its list names, and which of them are here.
 * Source: Docker Engine API v1.50, ImageManifestSummary; moby `daemon/containerd/image_manifest.go`.
 */
import type { ImageManifestSummary, OciDescriptor } from '../../contract/image-manifests.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { Digest } from '../../formats/digest.ts';
import {
  MANIFEST_BYTES_MAX,
  parseManifest,
  type ImageIndex,
  type ImageManifest,
  type IndexEntry,
} from '../../formats/manifest.ts';
import type { Platform } from '../../formats/platform.ts';
import { platformOf, shownPlatform } from './platform-match.ts';
import type { ImageUsers } from './image.ts';
import { sizeOf, type ImageRecord } from './image-record.ts';

export interface ManifestParts {
  readonly content: ContentStore;
  readonly users: () => ImageUsers;
}

/** What the image's newest reference names, a manifest or a list; undefined where it was not pulled. */
export function targetOf(content: ContentStore, record: ImageRecord): OciDescriptor | undefined {
  if (record.target) return { ...record.target };
  const digest = record.manifests[0];
  const manifest = digest && readManifest(content, digest);
  if (!manifest) return undefined;
  return { mediaType: manifest.mediaType, digest, size: content.sizeBytes(digest) };
}

/** Undefined for an image that came without a manifest. */
export function manifestSummaries(
  parts: ManifestParts,
  record: ImageRecord,
): ImageManifestSummary[] | undefined {
  const target = targetOf(parts.content, record);
  const manifest = target && readManifest(parts.content, target.digest as Digest);
  if (!manifest) return undefined;
  if (manifest.kind === 'image') return [imageSummary(parts, record, target, platformOf(record))];
  return (manifest as ImageIndex).manifests.map((entry) => {
    if (entry.isAttestation) return attestationSummary(parts.content, entry);
    return imageSummary(parts, record, descriptorOf(entry), entry.platform ?? platformOf(record));
  });
}

function imageSummary(
  parts: ManifestParts,
  record: ImageRecord,
  descriptor: OciDescriptor,
  platform: Platform,
): ImageManifestSummary {
  const content = heldBytes(parts.content, descriptor.digest as Digest);
  const isOwn = record.manifests.includes(descriptor.digest as Digest);
  const unpacked = isOwn ? sizeOf(record) : 0;
  const containers = isOwn
    ? parts
        .users()
        .containersOf(record.id)
        .map(({ id }) => id)
    : [];
  return {
    ID: descriptor.digest,
    Descriptor: descriptor,
    Available: isOwn && content.isComplete,
    Size: { Content: content.bytes, Total: content.bytes + unpacked },
    Kind: 'image',
    ImageData: {
      Platform: shownPlatform(platform),
      Containers: containers,
      Size: { Unpacked: unpacked },
    },
  };
}

function attestationSummary(content: ContentStore, entry: IndexEntry): ImageManifestSummary {
  const { bytes, isComplete } = heldBytes(content, entry.digest);
  return {
    ID: entry.digest,
    Descriptor: descriptorOf(entry),
    Available: isComplete,
    Size: { Content: bytes, Total: bytes },
    Kind: 'attestation',
    AttestationData: { For: entry.attestationFor ?? '' },
  };
}

/** Bytes of a manifest and its blobs that are here, and whether that is all of them. */
function heldBytes(content: ContentStore, digest: Digest) {
  const manifest = readManifest(content, digest);
  if (manifest?.kind !== 'image') return { bytes: 0, isComplete: false };
  const { config, layers } = manifest as ImageManifest;
  const blobs = new Set([config.digest, ...layers.map((layer) => layer.digest)]);
  const held = [...blobs].filter((blob) => content.has(blob));
  const bytes = held.reduce((sum, blob) => sum + content.sizeBytes(blob), 0);
  return {
    bytes: content.sizeBytes(digest) + bytes,
    isComplete: held.length === blobs.size,
  };
}

/** Undefined for one that is not here, or is damaged: a list is not the place to complain. */
function readManifest(content: ContentStore, digest: Digest) {
  try {
    return parseManifest(content.read(digest, MANIFEST_BYTES_MAX));
  } catch {
    return undefined;
  }
}

function descriptorOf(entry: IndexEntry): OciDescriptor {
  const { mediaType, digest, size, platform, urls, annotations, artifactType } = entry;
  return {
    mediaType,
    digest,
    size,
    ...(urls && { urls: [...urls] }),
    ...(annotations && { annotations: { ...annotations } }),
    ...(platform && { platform: shownPlatform(platform) }),
    ...(artifactType && { artifactType }),
  };
}
