/**
 * What to mount for a container's rootfs: the overlay options as text, within the kernel's limit. Pure.
 * Source: kernel Documentation/filesystems/overlayfs.rst; mount(2) takes one page of options.
 */
import { EngineError } from '../../contract/errors.ts';

/** One page, with its terminating zero. */
const OPTIONS_BYTES_MAX = 4095;

export interface LowerPlan {
  /** Lowest first, names within the layers directory. */
  readonly layers: readonly string[];
  /** Absolute path. */
  readonly layersRoot: string;
  /** A path that leads to the same directory and is short: `/proc/self/fd/<n>`. */
  readonly shortLayersRoot: () => string;
}

export interface OverlayPlan extends LowerPlan {
  readonly containerId: string;
  readonly containersRoot: string;
  readonly shortContainersRoot: () => string;
  /** Features of overlayfs that the machine has on by default and that this mount must not use. */
  readonly switchedOff: readonly string[];
}

/**
 * With these a writable layer would not hold whole files under their own names, and could not become
 * a layer of an image. Source: kernel Documentation/filesystems/overlayfs.rst.
 */
export const UNWANTED_FEATURES = ['redirect_dir', 'metacopy'] as const;

/** The `data` argument of mount(2). Throws `invalid-argument` when even the short form is too long. */
export function overlayOptions(plan: OverlayPlan): string {
  const isPlain = !/[:,\\\s]/.test(plan.layersRoot + plan.containersRoot);
  const plain = isPlain ? optionsWith(plan, plan.layersRoot, plan.containersRoot) : undefined;
  if (plain !== undefined && Buffer.byteLength(plain) <= OPTIONS_BYTES_MAX) return plain;
  const short = optionsWith(plan, plan.shortLayersRoot(), plan.shortContainersRoot());
  if (Buffer.byteLength(short) <= OPTIONS_BYTES_MAX) return short;
  throw new EngineError('invalid-argument', `${plan.layers.length} layers are too many to mount`);
}

function optionsWith(plan: OverlayPlan, layersRoot: string, containersRoot: string): string {
  const container = `${containersRoot}/${plan.containerId}`;
  const off = plan.switchedOff.map((feature) => `,${feature}=off`).join('');
  return `${lowerdir(plan, layersRoot)},upperdir=${container}/upper,workdir=${container}/work${off}`;
}

/** The same for the layers alone, read-only: at least two directories, a kernel rule. */
export function lowerOptions(plan: LowerPlan): string {
  const isPlain = !/[:,\\\s]/.test(plan.layersRoot);
  const plain = isPlain ? lowerdir(plan, plan.layersRoot) : undefined;
  if (plain !== undefined && Buffer.byteLength(plain) <= OPTIONS_BYTES_MAX) return plain;
  return lowerdir(plan, plan.shortLayersRoot());
}

function lowerdir({ layers }: LowerPlan, layersRoot: string): string {
  return `lowerdir=${upperFirst(layers)
    .map((name) => `${layersRoot}/${name}`)
    .join(':')}`;
}

/**
 * overlayfs wants the uppermost first and refuses a directory named twice. Of a layer that occurs
 * twice only the upper occurrence counts: it shows everything the lower one would.
 */
export function upperFirst(layers: readonly string[]): string[] {
  return [...new Set(layers.toReversed())];
}
