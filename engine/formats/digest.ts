/**
 * Content digests. Pure.
 * Source: OCI image-spec, descriptor.md, "Digests".
 */
import { createHash } from 'node:crypto';
import { EngineError } from '../contract/errors.ts';

/** `sha256:` and 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;

const FORM = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return FORM.test(text);
}

/** Throws `invalid-argument` for anything but a sha256 digest. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new EngineError('invalid-argument', `invalid digest format: ${text}`);
  return text;
}

/** The digest of bytes that are in memory. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The hex part alone, as directory names use it. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/**
 * The chain ID of a stack of layers, lowest first: `ChainID(a, b) = sha256(ChainID(a) + " " + b)`.
 * Source: OCI image-spec, config.md, "Layer ChainID".
 */
export function chainIdOf(diffIds: readonly Digest[]): Digest | undefined {
  return diffIds.reduce<Digest | undefined>(
    (chain, diffId) => (chain === undefined ? diffId : digestOf(`${chain} ${diffId}`)),
    undefined,
  );
}
