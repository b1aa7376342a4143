/** Tagging: one more name for an image. A name that stood for another image moves. */
import { EngineError } from '../../contract/errors.ts';
import { familiarString, withDefaultTag, type Reference } from '../../formats/reference.ts';
import { formatTime, type Clock } from '../../host/clock.ts';
import type { EventBus } from '../events/event-bus.ts';
import type { ImageStore } from './image-store.ts';

export interface TagParts {
  readonly images: ImageStore;
  readonly events: EventBus;
  readonly clock: Clock;
}

/** `name` is any name or id of the image. Throws `not-found`; `invalid-argument` for a digest. */
export function tagImage({ images, events, clock }: TagParts, name: string, reference: Reference) {
  const record = images.find(name);
  if (reference.digest !== undefined)
    throw new EngineError('invalid-argument', 'refusing to create a tag with a digest reference');
  const tagged = withDefaultTag(reference);
  images.setName(tagged, record.id, formatTime(clock.nowNs()));
  events.publish({
    type: 'image',
    action: 'tag',
    actorId: record.id,
    attributes: { ...record.config.Labels, name: familiarString(tagged) },
  });
}
