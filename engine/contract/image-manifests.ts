/**
 * Manifests of an image, shown on request. Source: Docker Engine API v1.50, OCIDescriptor and
 * ImageManifestSummary. Pure.
 */
import * as z from 'zod';

export const ociPlatform = z.object({
  architecture: z.string(),
  os: z.string(),
  'os.version': z.string().optional(),
  'os.features': z.array(z.string()).optional(),
  variant: z.string().optional(),
});
export type OciPlatform = z.output<typeof ociPlatform>;

export const ociDescriptor = z.object({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  urls: z.array(z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: ociPlatform.optional(),
  artifactType: z.string().optional(),
});
export type OciDescriptor = z.output<typeof ociDescriptor>;

export const imageManifestSummary = z.object({
  ID: z.string(),
  Descriptor: ociDescriptor,
  /** All blobs of it are here. */
  Available: z.boolean(),
  /** Bytes: blobs alone, and with what is unpacked. */
  Size: z.object({ Content: z.number(), Total: z.number() }),
  Kind: z.enum(['image', 'attestation', 'unknown']),
  ImageData: z
    .object({
      Platform: ociPlatform,
      Containers: z.array(z.string()),
      Size: z.object({ Unpacked: z.number() }),
    })
    .optional(),
  AttestationData: z.object({ For: z.string() }).optional(),
});
export type ImageManifestSummary = z.output<typeof imageManifestSummary>;

/** `platform=` of a query: an OCI platform as JSON. Source: API v1.48 notes. */
export const platformQuery = z.object({
  os: z.string().min(1),
  architecture: z.string().min(1),
  variant: z.string().optional(),
});
