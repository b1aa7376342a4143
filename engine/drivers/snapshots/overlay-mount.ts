/**
 * What to mount for a container's rootfs: the overlay options as text, within the kernel's limit. Pure.
 * Source: kernel Documentation/filesystems/overlayfs.rst; mount(2) takes one page of options.
 */
import { EngineError } from '../../contract/errors.ts';

/** One page, with its terminating zero. */
const OPTIONS_BYTES_MAX = 4095;

export interface OverlayPlan {
  /** Lowest first, names within the layers directory. */
  readonly layers: readonly string[];
  readonly containerId: string;
  /** Absolute paths. */
  readonly layersRoot: string;
  readonly containersRoot: string;
  /** Paths that lead to the same two directories and are short: `/proc/self/fd/<n>`. */
  readonly shortLayersRoot: () => string;
  readonly shortContainersRoot: () => string;
}

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
  const lower = upperFirst(plan.layers).map((name) => `${layersRoot}/${name}`);
  return `lowerdir=${lower.join(':')},upperdir=${container}/upper,workdir=${container}/work`;
}

/**
 * overlayfs wants the uppermost first and refuses a directory named twice. Of a layer that occurs
 * twice only the upper occurrence counts: it shows everything the lower one would.
 */
export function upperFirst(layers: readonly string[]): string[] {
  return [...new Set(layers.toReversed())];
}
