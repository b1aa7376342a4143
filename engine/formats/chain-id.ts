/**
 * Chain IDs: a layer together with everything below it, which is how Docker names layers it deletes.
 * Pure. Source: OCI image-spec, config.md, "Layer ChainID".
 */
import { digestOf, type Digest } from './digest.ts';

/** One for each layer, lowest first. */
export function chainIdsOf(diffIds: readonly Digest[]): Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}
