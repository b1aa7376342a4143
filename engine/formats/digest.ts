/**
 * Content digests. Pure.
 * Source: OCI image-spec, descriptor.md, "Digests".
 */
import { createHash } from 'node:crypto';

/** `sha256:` and 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;

const FORM = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return FORM.test(text);
}

/** The digest of bytes that are in memory. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The hex part alone, as directory names use it. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
