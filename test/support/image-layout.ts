/**
 * Images made without any daemon: layers from lists of files, a configuration, a manifest, as bytes
 * by digest. Docker schema 2 or OCI; gzip, zstd or plain layers.
 * Sources: OCI image-spec (manifest.md, config.md); distribution "Image Manifest V 2, Schema 2".
 */
import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { writeTar, type TarEntry } from './tar-writer.ts';

export interface LayerSpec {
  /** Files to put in, or a whole tar archive. */
  readonly files: readonly TarEntry[] | Buffer;
  readonly compression?: 'gzip' | 'zstd' | 'none';
}

export interface ImageSpec {
  readonly layers: readonly LayerSpec[];
  readonly format?: 'docker' | 'oci';
  /** Merged into the image configuration's `config`: `Cmd`, `Env`, `ExposedPorts`, `User` … */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly architecture?: string;
  readonly variant?: string;
  readonly os?: string;
  /** RFC 3339. */
  readonly created?: string;
}

export interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: Readonly<Record<string, string>>;
}

export interface ImageLayout {
  readonly manifest: Blob & { readonly mediaType: string };
  readonly config: Blob;
  /** Compressed, lowest first. */
  readonly layers: readonly Blob[];
  /** Digests of the uncompressed archives. */
  readonly diffIds: readonly string[];
  readonly platform: Readonly<Record<string, string>>;
}

const MEDIA_TYPES = {
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    list: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layers: {
      gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
      zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
      none: 'application/vnd.docker.image.rootfs.diff.tar',
    },
  },
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    list: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layers: {
      gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
      zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
      none: 'application/vnd.oci.image.layer.v1.tar',
    },
  },
} as const;

export function blobOf(bytes: Buffer): Blob {
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}

export function buildImage(spec: ImageSpec): ImageLayout {
  const types = MEDIA_TYPES[spec.format ?? 'docker'];
  const archives = spec.layers.map(({ files }) =>
    Buffer.isBuffer(files) ? files : writeTar(files),
  );
  const layers = archives.map((archive, index) =>
    blobOf(compress(archive, spec.layers[index]?.compression ?? 'gzip')),
  );
  const diffIds = archives.map((archive) => blobOf(archive).digest);
  const platform = {
    architecture: spec.architecture ?? machineArchitecture(),
    os: spec.os ?? 'linux',
    ...(spec.variant && { variant: spec.variant }),
  };
  const config = jsonBlob({
    created: spec.created ?? '2024-01-02T03:04:05Z',
    ...platform,
    config: { Env: [DEFAULT_PATH], ...spec.config },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: diffIds.map((id) => ({ created: '2024-01-02T03:04:05Z', created_by: `add ${id}` })),
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(types.config, config),
    layers: layers.map((layer, index) =>
      descriptor(types.layers[spec.layers[index]?.compression ?? 'gzip'], layer),
    ),
  });
  return {
    manifest: { ...manifest, mediaType: types.manifest },
    config,
    layers,
    diffIds,
    platform,
  };
}

/** A manifest list (Docker) or image index (OCI) over the images, by their platforms. */
export function buildManifestList(
  images: readonly ImageLayout[],
  format: 'docker' | 'oci' = 'docker',
): Blob & { readonly mediaType: string } {
  const mediaType = MEDIA_TYPES[format].list;
  const manifests = images.map(({ manifest, platform }) => ({
    ...descriptor(manifest.mediaType, manifest),
    platform,
  }));
  return { ...jsonBlob({ schemaVersion: 2, mediaType, manifests }), mediaType };
}

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** As image configurations name it. */
function machineArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

function compress(archive: Buffer, compression: 'gzip' | 'zstd' | 'none'): Buffer {
  if (compression === 'gzip') return gzipSync(archive, { level: 4 });
  return compression === 'zstd' ? zstdCompressSync(archive) : archive;
}

function jsonBlob(value: unknown): Blob {
  return blobOf(Buffer.from(JSON.stringify(value)));
}

function descriptor(mediaType: string, { digest, bytes }: Blob): Descriptor {
  return { mediaType, digest, size: bytes.length };
}
