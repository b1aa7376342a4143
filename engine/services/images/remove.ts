/**
 * Removing images: a name goes first, the image with its last name, and with it the nameless images
 * it was made from. What stands in the way is a conflict in Docker's words.
 * Source: moby `daemon/images/image_delete.go`, whose order of checks clients know.
 */
import { EngineError } from '../../contract/errors.ts';
import type { ImageDeletion } from '../../contract/images.ts';
import { chainIdsOf } from '../../formats/chain-id.ts';
import type { Digest } from '../../formats/digest.ts';
import {
  familiarString,
  parseReference,
  repositoryOf,
  withDefaultTag,
  type Reference,
} from '../../formats/reference.ts';
import type { EventBus } from '../events/event-bus.ts';
import type { ImageUsers } from './image.ts';
import type { ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';
import { shortId } from './progress.ts';

export interface RemoveParts {
  readonly images: ImageStore;
  readonly users: () => ImageUsers;
  readonly events: EventBus;
}

export interface RemoveOptions {
  /** Also what stopped containers use, and all names at once. */
  readonly force?: boolean;
  /** Leaves nameless images that the image was made from. */
  readonly keepsParents?: boolean;
}

/** Removes by name or id and says what went, in order. */
export function removeImage(
  parts: RemoveParts,
  text: string,
  options: RemoveOptions = {},
): ImageDeletion[] {
  const record = parts.images.find(text);
  const removal = new Removal(parts, record, options);
  if (isIdOf(record.id, text)) removal.byId();
  else removal.byName(text);
  return removal.done;
}

class Removal {
  readonly done: ImageDeletion[];
  private readonly parts: RemoveParts;
  private readonly record: ImageRecord;
  private readonly options: RemoveOptions;

  constructor(
    parts: RemoveParts,
    record: ImageRecord,
    options: RemoveOptions,
    done: ImageDeletion[] = [],
  ) {
    this.parts = parts;
    this.record = record;
    this.options = options;
    this.done = done;
  }

  byName(text: string): void {
    const { id } = this.record;
    const user = this.parts.users().containersOf(id)[0];
    if (!this.options.force && user !== undefined && isSingleName(this.names()))
      throw new EngineError(
        'conflict',
        `conflict: unable to remove repository reference "${text}" (must force) - ` +
          `container ${user.id.slice(0, 12)} is using its referenced image ${shortId(id)}`,
      );
    const reference = namedIn(text);
    this.untag(reference);
    if (reference.digest === undefined) this.dropLeftDigests(reference);
    if (this.names().length === 0) this.deleteQuietly();
  }

  byId(): void {
    const isSingle = isSingleName(this.names());
    const conflict = this.conflict({ soft: !this.options.force, mayHaveNames: isSingle });
    if (conflict) throw conflict;
    for (const reference of this.names()) this.untag(reference);
    this.delete();
  }

  /** The name is gone; an image that is needed stays without one and without a complaint. */
  private deleteQuietly(): void {
    const conflict = this.conflict({ soft: !this.options.force });
    if (conflict === undefined) this.delete();
  }

  private names(): readonly Reference[] {
    return this.parts.images.referencesOf(this.record.id);
  }

  /** A repository whose last tag went keeps no digests either. Docker tells of them, but not as events. */
  private dropLeftDigests({ domain, path }: Reference): void {
    const siblings = this.names().filter((name) => repositoryOf(name) === `${domain}/${path}`);
    if (siblings.some((name) => name.digest === undefined)) return;
    for (const sibling of siblings) this.drop(sibling);
  }

  private untag(reference: Reference): void {
    this.drop(reference);
    this.publish('untag');
  }

  private drop(reference: Reference): void {
    this.parts.images.removeName(reference);
    this.done.push({ Untagged: familiarString(reference) });
  }

  private delete(): void {
    const { images, users } = this.parts;
    const { id, parent } = this.record;
    if (users().containersOf(id).length > 0) images.detach(id);
    else images.delete(id);
    this.publish('delete');
    this.done.push({ Deleted: id }, ...this.layersGone().map((Deleted) => ({ Deleted })));
    if (parent !== undefined && !this.options.keepsParents) this.pruneParent(parent);
  }

  /** Never by force: what is named, used, or the base of another image stays. */
  private pruneParent(parent: Digest): void {
    const record = this.parts.images.get(parent);
    if (record === undefined || record.isDetached) return;
    if (this.parts.images.referencesOf(parent).length > 0) return;
    new Removal(this.parts, record, {}, this.done).deleteQuietly();
  }

  /** Chain IDs of the layers that no other image stands on, highest first. */
  private layersGone(): Digest[] {
    const { images } = this.parts;
    const own = this.record.layers.map((layer) => layer.diffId);
    const others = [...images.all(), ...images.detached()];
    const kept = others.reduce((most, { layers }) => {
      const differs = own.findIndex((diffId, index) => layers[index]?.diffId !== diffId);
      return Math.max(most, differs === -1 ? own.length : differs);
    }, 0);
    return chainIdsOf(own).slice(kept).toReversed();
  }

  private publish(action: 'untag' | 'delete'): void {
    const { id, config } = this.record;
    this.parts.events.publish({
      type: 'image',
      action,
      actorId: id,
      attributes: { ...config.Labels, name: id },
    });
  }

  /** What keeps the image; `soft` reasons give way to force. */
  private conflict(options: { soft: boolean; mayHaveNames?: boolean }): EngineError | undefined {
    const { images, users } = this.parts;
    if (images.hasChildren(this.record.id))
      return this.refusal('cannot be forced', 'image has dependent child images');
    const containers = users().containersOf(this.record.id);
    const running = containers.find((user) => user.running);
    if (running)
      return this.refusal(
        'cannot be forced',
        `image is being used by running container ${running.id.slice(0, 12)}`,
      );
    if (!options.soft) return undefined;
    if (!options.mayHaveNames && this.names().length > 0)
      return this.refusal('must be forced', 'image is referenced in multiple repositories');
    const stopped = containers[0];
    if (stopped)
      return this.refusal(
        'must be forced',
        `image is being used by stopped container ${stopped.id.slice(0, 12)}`,
      );
    return undefined;
  }

  private refusal(how: string, why: string): EngineError {
    const message = `conflict: unable to delete ${shortId(this.record.id)} (${how}) - ${why}`;
    return new EngineError('conflict', message);
  }
}

/** One tag, with or without digests of the same repository. */
function isSingleName(names: readonly Reference[]): boolean {
  if (names.length <= 1) return true;
  const tags = names.filter((name) => name.digest === undefined);
  if (tags.length > 1) return false;
  const single = repositoryOf((tags[0] ?? names[0]) as Reference);
  return names.every((name) => name.digest === undefined || repositoryOf(name) === single);
}

/** True when the text names the image by (part of) its id. */
function isIdOf(id: Digest, text: string): boolean {
  return id.startsWith(text) || id.startsWith(`sha256:${text}`);
}

function namedIn(text: string): Reference {
  const reference = withDefaultTag(parseReference(text));
  const { domain, path, digest } = reference;
  return digest === undefined ? reference : { domain, path, digest };
}
