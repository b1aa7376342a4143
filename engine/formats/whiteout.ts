/**
 * How a layer says "this is gone": marker files of the image format, which overlayfs knows as device
 * 0/0 and an attribute. Pure.
 * Source: OCI image-spec, layer.md, "Whiteouts"; kernel Documentation/filesystems/overlayfs.rst.
 */
import { EngineError } from '../contract/errors.ts';

const PREFIX = '.wh.';
const META_PREFIX = '.wh..wh.';
/** Base name of the file that says: nothing of the layers below shows in this directory. */
export const OPAQUE_MARKER = '.wh..wh..opq';

/** The attribute by which overlayfs hides everything below a directory. */
export const OPAQUE_ATTRIBUTE = 'trusted.overlay.opaque';
export const OPAQUE_VALUE: Buffer = Buffer.from('y');

export type Whiteout =
  | { readonly kind: 'opaque' }
  | { readonly kind: 'removed'; readonly name: string }
  /** Bookkeeping of aufs, which means nothing here. */
  | { readonly kind: 'ignored' };

/**
 * What a base name marks, or undefined for an ordinary file. Throws `invalid-argument` for a marker
 * that would remove the directory it stands in, or its parent.
 */
export function parseWhiteout(baseName: string): Whiteout | undefined {
  if (!baseName.startsWith(PREFIX)) return undefined;
  if (baseName === OPAQUE_MARKER) return { kind: 'opaque' };
  if (baseName.startsWith(META_PREFIX)) return { kind: 'ignored' };
  const name = baseName.slice(PREFIX.length);
  if (name === '' || name === '.' || name === '..')
    throw new EngineError('invalid-argument', `invalid whiteout name: ${baseName}`);
  return { kind: 'removed', name };
}

/** Path of the file that says: what is at `path` in the layers below is removed. */
export function whiteoutMarker(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}${PREFIX}${path.slice(slash)}`;
}
