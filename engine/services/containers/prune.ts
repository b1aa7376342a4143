/** `docker container prune`. */
import { EngineError, messageOf } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import { parseTimestampNs } from '../../formats/timestamps.ts';
import type { ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { removeOnRequest } from './remove.ts';
import { writableBytes } from './sizes.ts';
import { isRunning } from './state.ts';

export interface Pruned {
  readonly ids: string[];
  readonly reclaimedBytes: number;
}

/** Removes every container that does not run and passes the filters (`until`, `label`, `label!`). */
export async function pruneContainers(
  context: ContainerContext,
  filters: Filters,
): Promise<Pruned> {
  const matches = pruneFilter(filters, context.clock.nowNs());
  const ids: string[] = [];
  let reclaimedBytes = 0;
  for (const container of context.store.all()) {
    if (isRunning(container.state) || !matches(container)) continue;
    let sizeBytes: number;
    try {
      sizeBytes = await writableBytes(context, container);
      if (isRunning(container.state)) continue; // it was started while its size was counted
      await removeOnRequest(context, container, { force: false, removeVolumes: false });
    } catch (error) {
      // It was started meanwhile, or cannot be removed now. As in dockerd the others still go.
      context.warn(`pruning container ${container.name}: ${messageOf(error)}`);
      continue;
    }
    ids.push(container.id);
    reclaimedBytes += sizeBytes;
  }
  context.events.publish({
    type: 'container',
    action: 'prune',
    actorId: '',
    attributes: { reclaimed: String(reclaimedBytes) },
  });
  return { ids, reclaimedBytes };
}

function pruneFilter(filters: Filters, nowNs: bigint): (container: LiveContainer) => boolean {
  for (const key of filters.keys())
    if (!['until', 'label', 'label!'].includes(key))
      throw new EngineError('invalid-argument', `invalid filter '${key}'`);
  const untils = filters.get('until') ?? [];
  if (untils.length > 1)
    throw new EngineError('invalid-argument', 'more than one until filter specified');
  const untilNs = untils[0] === undefined ? undefined : parseTimestampNs(untils[0], nowNs);
  const hasLabel = ({ config }: LiveContainer, text: string) => {
    const mark = text.indexOf('=');
    const key = mark === -1 ? text : text.slice(0, mark);
    const value = config.Labels[key];
    return value !== undefined && (mark === -1 || value === text.slice(mark + 1));
  };
  return (container) =>
    (untilNs === undefined ||
      BigInt(Date.parse(container.definition.createdAt)) * 1_000_000n < untilNs) &&
    (filters.get('label') ?? []).every((text) => hasLabel(container, text)) &&
    !(filters.get('label!') ?? []).some((text) => hasLabel(container, text));
}
