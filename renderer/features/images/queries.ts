/** What is asked of an image only while it is open. An image never changes under its ID. */
import { queryOptions } from '@tanstack/react-query';
import type { Bridge } from '../../bridge/bridge.ts';

export function imageDetailQuery(bridge: Bridge, id: string) {
  return queryOptions({
    queryKey: ['image', id],
    queryFn: () => bridge.call('image.inspect', { id }),
  });
}
