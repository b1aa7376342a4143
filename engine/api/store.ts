/** Routes of the layer explorer and the scrub. */
import { EngineError } from '../contract/errors.ts';
import type { STORE_ROUTES } from '../contract/store.ts';
import type { ImageService } from '../services/images/image-service.ts';
import type { Handlers } from './handler.ts';

export function storeHandlers(images: ImageService): Handlers<typeof STORE_ROUTES> {
  return {
    imageLayers: ({ params, signal }) => images.layersOf(params['name'] ?? '', signal),
    layerFiles: ({ params, query, signal }) => {
      const { offset, limit } = query;
      const request = {
        index: indexIn(params['index'] ?? ''),
        change: query.change === '' ? undefined : query.change,
        offset,
        limit,
      };
      return images.layerFiles(params['name'] ?? '', request, signal);
    },
    checkStore: ({ signal }) => images.check(signal),
  };
}

function indexIn(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new EngineError('invalid-argument', `not the number of a layer: ${text}`);
}
