/**
 * Removing images: a name goes first, the image with its last name. What stands in the way is a
 * conflict in Docker's words.
 * Source: moby `daemon/images/image_delete.go`, whose order of checks clients know.
 */
import { EngineError } from '../../contract/errors.ts';
import type { ImageDeletion } from '../../contract/images.ts';
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

/** Removes by name or id and says what went, in order. */
export function removeImage(parts: RemoveParts, text: string, force: boolean): ImageDeletion[] {
  const record = parts.images.find(text);
  const removal = new Removal(parts, record, force);
  if (isIdOf(record.id, text)) removal.byId();
  else removal.byName(namedIn(text));
  return removal.done;
}

class Removal {
  readonly done: ImageDeletion[] = [];
  private readonly parts: RemoveParts;
  private readonly record: ImageRecord;
  private readonly force: boolean;

  constructor(parts: RemoveParts, record: ImageRecord, force: boolean) {
    this.parts = parts;
    this.record = record;
    this.force = force;
  }

  byName(reference: Reference): void {
    const { id } = this.record;
    const user = this.parts.users().containersOf(id)[0];
    if (!this.force && user !== undefined && isSingleName(this.names()))
      throw new EngineError(
        'conflict',
        `conflict: unable to remove repository reference "${familiarString(reference)}" (must force) - ` +
          `container ${user.id.slice(0, 12)} is using its referenced image ${shortId(id)}`,
      );
    this.untag(reference);
    if (reference.digest === undefined) this.untagLeftDigests(reference);
    if (this.names().length > 0) return;
    const conflict = this.conflict({ soft: !this.force });
    // The name is gone; an image that is in use stays without one and without a complaint.
    if (conflict?.isUsed) return;
    if (conflict) throw conflict.error;
    this.delete();
  }

  byId(): void {
    const isSingle = isSingleName(this.names());
    const conflict = this.conflict({ soft: !this.force, mayHaveNames: isSingle });
    if (conflict) throw conflict.error;
    for (const reference of this.names()) this.untag(reference);
    this.delete();
  }

  private names(): Reference[] {
    return this.parts.images.referencesOf(this.record.id);
  }

  /** A repository whose last tag went keeps no digests either. */
  private untagLeftDigests({ domain, path }: Reference): void {
    const siblings = this.names().filter((name) => repositoryOf(name) === `${domain}/${path}`);
    if (siblings.some((name) => name.digest === undefined)) return;
    for (const sibling of siblings) this.untag(sibling);
  }

  private untag(reference: Reference): void {
    this.parts.images.removeName(reference);
    this.publish('untag');
    this.done.push({ Untagged: familiarString(reference) });
  }

  private delete(): void {
    const { id, layers } = this.record;
    const isUsed = this.parts.users().containersOf(id).length > 0;
    if (isUsed) this.parts.images.detach(id);
    else this.parts.images.delete(id);
    this.publish('delete');
    this.done.push({ Deleted: id });
    const needed = new Set(
      [...this.parts.images.all(), ...this.parts.images.detached()].flatMap((other) =>
        other.layers.map((layer) => layer.diffId),
      ),
    );
    const gone = new Set(layers.map((layer) => layer.diffId).filter((it) => !needed.has(it)));
    for (const diffId of [...gone].toReversed()) this.done.push({ Deleted: diffId });
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
  private conflict(options: {
    soft: boolean;
    mayHaveNames?: boolean;
  }): { error: EngineError; isUsed: boolean } | undefined {
    const users = this.parts.users().containersOf(this.record.id);
    const running = users.find((user) => user.running);
    if (running)
      return this.refusal(
        'cannot be forced',
        `image is being used by running container ${running.id.slice(0, 12)}`,
        true,
      );
    if (!options.soft) return undefined;
    if (!options.mayHaveNames && this.names().length > 0)
      return this.refusal('must be forced', 'image is referenced in multiple repositories', false);
    const stopped = users[0];
    if (stopped)
      return this.refusal(
        'must be forced',
        `image is being used by stopped container ${stopped.id.slice(0, 12)}`,
        true,
      );
    return undefined;
  }

  private refusal(how: string, why: string, isUsed: boolean) {
    const message = `conflict: unable to delete ${shortId(this.record.id)} (${how}) - ${why}`;
    return { error: new EngineError('conflict', message), isUsed };
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
