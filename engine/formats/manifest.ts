/**
 * Image manifests and manifest lists, Docker schema 2 and OCI. Whatever a registry sends is checked
 * here before anything acts on it: digests well-formed, sizes whole and positive, counts bounded. Pure.
 * Source: OCI image-spec, manifest.md and image-index.md; Docker "Image Manifest V 2, Schema 2".
 */
import * as z from 'zod';
import { EngineError } from '../contract/errors.ts';
import { isDigest, type Digest } from './digest.ts';
import { parseDocument } from './json-document.ts';
import type { Platform } from './platform.ts';

export const MEDIA_TYPE = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

/** Configurations of images; what has another one is a chart, a plugin or something else. */
const IMAGE_CONFIGS: readonly string[] = [
  MEDIA_TYPE.ociConfig,
  MEDIA_TYPE.dockerConfig,
  // Old clients pushed images under these.
  'application/octet-stream',
  '',
];
const LAYER =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1|docker\.image\.rootfs\.(?:foreign\.)?diff)\.tar(?:[.+](?:gzip|zstd))?$/;
const FOREIGN_LAYER = /\.layer\.nondistributable\.|\.rootfs\.foreign\./;

/** What a client that understands this module sends as `Accept`. */
export const MANIFEST_MEDIA_TYPES: readonly string[] = [
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.dockerList,
  MEDIA_TYPE.dockerManifest,
];

/** Larger manifests are refused unread, as containerd does. */
export const MANIFEST_BYTES_MAX = 4 << 20;

/** overlayfs stacks at most 500 directories; Docker's own limit is 128 layers. */
export const LAYERS_MAX = 128;
const INDEX_ENTRIES_MAX = 10_000;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly urls?: readonly string[] | undefined;
}

export interface ImageManifest {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly config: Descriptor;
  /** Lowest first. */
  readonly layers: readonly Descriptor[];
}

export interface IndexEntry extends Descriptor {
  readonly platform?: Platform | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly artifactType?: string | undefined;
  /** Attestations are listed beside images and are not runnable. */
  readonly isAttestation: boolean;
  /** The image that an attestation is about. */
  readonly attestationFor?: string;
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly IndexEntry[];
}

const descriptorSchema = z.object({
  mediaType: z.string().default(''),
  digest: z.string().refine(isDigest, 'not a sha256 digest'),
  size: z.int().nonnegative(),
  urls: z.array(z.string()).optional(),
});

const manifestSchema = z.object({
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(LAYERS_MAX),
});

const indexSchema = z.object({
  manifests: z
    .array(
      descriptorSchema.extend({
        platform: z
          .object({
            os: z.string().default(''),
            architecture: z.string().default(''),
            variant: z.string().optional(),
            'os.version': z.string().optional(),
            'os.features': z.array(z.string()).optional(),
          })
          .optional(),
        annotations: z.record(z.string(), z.string()).nullish(),
        artifactType: z.string().optional(),
      }),
    )
    .max(INDEX_ENTRIES_MAX),
});

/**
 * Parses manifest bytes. `contentType` is what the registry called them; the document's own
 * `mediaType` wins where it has one. Throws `invalid-argument` naming what is wrong.
 */
export function parseManifest(bytes: Uint8Array, contentType = ''): ImageManifest | ImageIndex {
  if (bytes.length > MANIFEST_BYTES_MAX)
    throw invalid(`manifest is larger than ${MANIFEST_BYTES_MAX} bytes`);
  const document = parseObject(bytes);
  const mediaType = mediaTypeOf(document, contentType);
  if (isIndexType(mediaType)) return parseIndex(document, mediaType);
  if (mediaType === MEDIA_TYPE.ociManifest || mediaType === MEDIA_TYPE.dockerManifest) {
    const parsed = manifestSchema.safeParse(document);
    if (!parsed.success) throw invalid(`invalid manifest: ${firstIssue(parsed.error)}`);
    const { config, layers } = parsed.data;
    return {
      kind: 'image',
      mediaType,
      config: config as Descriptor,
      layers: layers as Descriptor[],
    };
  }
  throw invalid(`unsupported manifest media type "${mediaType}"`);
}

/**
 * Throws `invalid-argument` for a manifest of something that is no image a container can run in.
 * Source: moby `distribution/errors.go`, invalidManifestClassError.
 */
export function expectRunnable({ config, layers }: ImageManifest): void {
  if (!IMAGE_CONFIGS.includes(config.mediaType))
    throw invalid(`Encountered remote "${config.mediaType}"(unknown) when fetching`);
  const odd = layers.find(({ mediaType }) => mediaType !== '' && !LAYER.test(mediaType));
  if (odd !== undefined)
    throw invalid(`unsupported media type "${odd.mediaType}" of layer ${odd.digest}`);
}

/** True for lists of manifests. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.ociIndex || mediaType === MEDIA_TYPE.dockerList;
}

/** True for layers that registries need not keep: they may lie at addresses of their own. */
export function isForeignLayer(mediaType: string): boolean {
  return FOREIGN_LAYER.test(mediaType);
}

function parseIndex(document: object, mediaType: string): ImageIndex {
  const parsed = indexSchema.safeParse(document);
  if (!parsed.success) throw invalid(`invalid manifest list: ${firstIssue(parsed.error)}`);
  const manifests = parsed.data.manifests.map(({ annotations, ...entry }) => ({
    ...(entry as Descriptor & { platform?: Platform; artifactType?: string }),
    ...(annotations && { annotations }),
    isAttestation: annotations?.['vnd.docker.reference.type'] !== undefined,
    ...(annotations?.['vnd.docker.reference.digest'] && {
      attestationFor: annotations['vnd.docker.reference.digest'],
    }),
  }));
  return { kind: 'index', mediaType, manifests };
}

function parseObject(bytes: Uint8Array): object {
  const document = parseDocument(bytes, 'manifest');
  if (typeof document !== 'object' || document === null) throw invalid('manifest is not an object');
  return document;
}

function mediaTypeOf(document: object, contentType: string): string {
  const fields = document as Record<string, unknown>;
  if (fields['schemaVersion'] === 1)
    throw invalid(
      'Docker Image Format v1, and Docker Image manifest version 2, schema 1 support is not available: ' +
        'push the image again with a current client',
    );
  // Source: OCI image-spec, manifest.md: a document must not be both, or clients disagree on it.
  if ('manifests' in fields && ('layers' in fields || 'config' in fields))
    throw invalid('manifest is both an image and a list');
  const own = fields['mediaType'];
  if (typeof own === 'string' && own !== '') return own;
  const sent = contentType.split(';')[0]?.trim() ?? '';
  if (MANIFEST_MEDIA_TYPES.includes(sent)) return sent;
  return 'manifests' in fields ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.ociManifest;
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
