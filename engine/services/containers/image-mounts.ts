/**
 * Images mounted into containers (`--mount type=image`): read-only, as they were at create. A container
 * counts as a user of what it mounts, so the layers stay while it exists. They are mounted on the host
 * only while a container is being created; after that it has a mount of its own.
 */
import type { Image } from '../images/image.ts';
import type { ContainerContext } from './context.ts';
import { lookUpForCreate } from './create-lookup.ts';
import type { LiveContainer } from './live-container.ts';

export function findMounted(images: ContainerContext['images'], reference: string): Image {
  return lookUpForCreate(() => images.find(reference));
}

/** Resolves once the container's own image and those it mounts can be mounted. */
export async function unpackImages(
  { images }: Pick<ContainerContext, 'images'>,
  { definition }: Pick<LiveContainer, 'definition'>,
): Promise<void> {
  const { imageId, layers, mounts } = definition;
  await images.ensureUnpacked({ id: imageId, diffIds: layers });
  for (const { image } of mounts)
    if (image !== undefined) await images.ensureUnpacked({ id: image.id, diffIds: image.layers });
}
