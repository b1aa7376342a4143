/**
 * How much a container wrote (`SizeRw`) and how much it is with its image (`SizeRootFs`). A running one
 * is counted each time, by one walk for everybody who asks meanwhile; one at rest once.
 */
import type { ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { hasProcess } from './state.ts';

type Parts = Pick<ContainerContext, 'snapshotter' | 'containerFiles' | 'images'>;

export interface Sizes {
  readonly SizeRw: number;
  readonly SizeRootFs: number;
}

export async function sizesOf(parts: Parts, container: LiveContainer): Promise<Sizes> {
  const SizeRw = await writableBytes(parts, container);
  const image = parts.images.get(container.definition.imageId);
  return { SizeRw, SizeRootFs: SizeRw + (image?.sizeBytes ?? 0) };
}

/** Walks at the same time: a list of many containers must not crowd copies out. */
const WALKS_MAX = 8;

/** In the order of `containers`. */
export async function sizesOfAll(
  parts: Parts,
  containers: readonly LiveContainer[],
): Promise<Sizes[]> {
  const sizes: Sizes[] = [];
  const walks = containers.entries();
  const walkOn = async () => {
    for (const [index, container] of walks) sizes[index] = await sizesOf(parts, container);
  };
  await Promise.all(Array.from({ length: WALKS_MAX }, walkOn));
  return sizes;
}

export async function writableBytes(
  { snapshotter, containerFiles }: Parts,
  container: LiveContainer,
): Promise<number> {
  const { counted, state } = container;
  if (counted?.state === state) return await counted.bytes;
  const layer = snapshotter.writableOf(container.id, []);
  const bytes = containerFiles.sizeBytes(layer, new AbortController().signal);
  const counting = { state, bytes };
  container.counted = counting;
  const forget = () => {
    if (container.counted === counting) container.counted = undefined;
  };
  if (hasProcess(state)) bytes.then(forget, forget);
  else bytes.catch(forget);
  return await bytes;
}
