/**
 * The engine's images and their names: records in state, an index of them in memory. Every change is
 * one transaction and is visible to the next read; what an image no longer needs is freed with it.
 */
import { EngineError } from '../../contract/errors.ts';
import type { Records, StateStore } from '../../drivers/state.ts';
import { isDigest, type Digest } from '../../formats/digest.ts';
import {
  canonicalString,
  familiarName,
  familiarString,
  parseReference,
  withDefaultTag,
  type Reference,
} from '../../formats/reference.ts';
import type { Image } from './image.ts';
import { imageView, needsOf, type ImageRecord } from './image-record.ts';
import type { StorageUses } from './storage-uses.ts';

export class ImageStore {
  private readonly state: StateStore;
  private readonly uses: StorageUses;
  private readonly imageRows: Records<ImageRecord>;
  private readonly nameRows: Records<Digest>;
  private readonly images = new Map<Digest, ImageRecord>();
  /** Canonical reference → image. */
  private readonly names = new Map<string, Digest>();
  private readonly namesOf = new Map<Digest, Map<string, Reference>>();
  private readonly sortedNames = new Map<Digest, readonly Reference[]>();
  private readonly views = new Map<Digest, Image>();
  private readonly listeners = new Set<(id: Digest) => void>();

  constructor(state: StateStore, uses: StorageUses) {
    this.state = state;
    this.uses = uses;
    this.imageRows = state.records<ImageRecord>('images');
    this.nameRows = state.records<Digest>('image_names');
    for (const [id, record] of this.imageRows.all()) this.remember(id as Digest, record);
    for (const [name, id] of this.nameRows.all()) this.link(parseReference(name), id);
  }

  /** Calls `listener` for every image that changes or goes; returns how to stop. */
  onChange(listener: (id: Digest) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Images that were not deleted. */
  all(): ImageRecord[] {
    return [...this.images.values()].filter((record) => !record.isDetached);
  }

  /** Deleted images whose layers a container still needs. */
  detached(): ImageRecord[] {
    return [...this.images.values()].filter((record) => record.isDetached);
  }

  /** Images, deleted ones too, that have the layer. */
  withLayer(diffId: Digest): ImageRecord[] {
    const has = ({ layers }: ImageRecord) => layers.some((layer) => layer.diffId === diffId);
    return [...this.images.values()].filter(has);
  }

  get(id: Digest): ImageRecord | undefined {
    return this.images.get(id);
  }

  /** True for an image that was not deleted. */
  isListed(id: Digest): boolean {
    return this.visible(this.images.get(id)) !== undefined;
  }

  /** Images that others were made from. */
  parents(): Set<Digest> {
    return new Set(this.all().flatMap(({ parent }) => parent ?? []));
  }

  hasChildren(id: Digest): boolean {
    return this.all().some(({ parent }) => parent === id);
  }

  /** By reference, id, or unique prefix of an id; throws Docker's `No such image: x`. */
  find(text: string): ImageRecord {
    const record = this.tryFind(text);
    if (record !== undefined) return record;
    throw new EngineError('not-found', `No such image: ${shown(text)}`);
  }

  private tryFind(text: string): ImageRecord | undefined {
    const id = /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text;
    if (isDigest(id)) return this.visible(this.images.get(id));
    const named = this.names.get(canonicalString(lookupForm(parseReference(text))));
    if (named !== undefined) return this.images.get(named);
    return this.findByPrefix(text.replace(/^sha256:/, ''));
  }

  private findByPrefix(prefix: string): ImageRecord | undefined {
    if (!/^[0-9a-f]{1,64}$/.test(prefix)) return undefined;
    const found = this.all().filter(({ id }) => id.startsWith(`sha256:${prefix}`));
    return found.length === 1 ? found[0] : undefined;
  }

  private visible(record: ImageRecord | undefined): ImageRecord | undefined {
    return record?.isDetached ? undefined : record;
  }

  /** The image a name stands for, if any. */
  idOf(reference: Reference): Digest | undefined {
    return this.names.get(canonicalString(reference));
  }

  /** Every tag of the repository that the reference names, in order. */
  tagsOf(repository: Reference): Reference[] {
    const name = familiarName(repository);
    return [...this.namesOf.keys()]
      .flatMap((id) => this.referencesOf(id))
      .filter((it) => it.digest === undefined && familiarName(it) === name)
      .toSorted((a, b) => (canonicalString(a) < canonicalString(b) ? -1 : 1));
  }

  /** Names of an image, tags and digests, in order. */
  referencesOf(id: Digest): readonly Reference[] {
    let references = this.sortedNames.get(id);
    if (references === undefined) {
      const names = [...(this.namesOf.get(id)?.entries() ?? [])];
      references = names.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => it);
      this.sortedNames.set(id, references);
    }
    return references;
  }

  /** The record as other services see it. */
  view(record: ImageRecord): Image {
    let view = this.views.get(record.id);
    if (view === undefined) {
      const names = this.referencesOf(record.id);
      const tags = names.filter((name) => name.digest === undefined).map(familiarString);
      const digests = names.filter((name) => name.digest !== undefined).map(familiarString);
      view = imageView(record, tags, digests);
      this.views.set(record.id, view);
    }
    return view;
  }

  /**
   * Adds the image, or brings a deleted one back, and gives it the names; a name that stood for
   * another image moves. The caller holds everything the record needs until this returns.
   */
  add(record: ImageRecord, references: readonly Reference[]): void {
    const earlier = this.images.get(record.id);
    const manifests = new Set([...record.manifests, ...(earlier?.manifests ?? [])]);
    const merged = {
      ...(earlier?.target && { target: earlier.target }),
      ...(earlier?.parent && { parent: earlier.parent }),
      ...record,
      manifests: [...manifests],
      lastTagged: record.lastTagged || (earlier?.lastTagged ?? ''),
    };
    this.state.transaction(() => {
      this.imageRows.put(record.id, merged);
      for (const reference of references) this.nameRows.put(canonicalString(reference), record.id);
    });
    this.remember(record.id, merged);
    if (earlier !== undefined) this.letGo(earlier);
    for (const reference of references) this.link(reference, record.id);
    this.changed(record.id);
  }

  /** Gives an image one more name and notes when. */
  setName(reference: Reference, id: Digest, lastTagged: string): void {
    const record = this.images.get(id);
    if (record === undefined) throw new EngineError('not-found', `No such image: ${id}`);
    const tagged = { ...record, lastTagged };
    this.state.transaction(() => {
      this.imageRows.put(id, tagged);
      this.nameRows.put(canonicalString(reference), id);
    });
    this.images.set(id, tagged);
    this.link(reference, id);
    this.changed(id);
  }

  removeName(reference: Reference): void {
    const name = canonicalString(reference);
    const id = this.names.get(name);
    if (id === undefined) return;
    this.nameRows.delete(name);
    this.names.delete(name);
    this.namesOf.get(id)?.delete(name);
    this.changed(id);
  }

  /** Deletes an image with all its names and frees what nobody else needs. */
  delete(id: Digest): void {
    const record = this.images.get(id);
    if (record === undefined) return;
    this.state.transaction(() => {
      for (const name of this.namesOf.get(id)?.keys() ?? []) this.nameRows.delete(name);
      this.imageRows.delete(id);
    });
    this.unlinkAll(id);
    this.images.delete(id);
    this.letGo(record);
    this.changed(id);
  }

  /** Deletes an image but keeps its layers, for a container that stands on them. */
  detach(id: Digest): void {
    const record = this.images.get(id);
    if (record === undefined) return;
    const detached = { ...record, isDetached: true };
    this.state.transaction(() => {
      for (const name of this.namesOf.get(id)?.keys() ?? []) this.nameRows.delete(name);
      this.imageRows.put(id, detached);
    });
    this.unlinkAll(id);
    this.images.set(id, detached);
    this.changed(id);
  }

  private remember(id: Digest, record: ImageRecord): void {
    this.images.set(id, record);
    for (const { kind, digest } of needsOf(record)) this.uses.hold(kind, digest);
  }

  private letGo(record: ImageRecord): void {
    for (const { kind, digest } of needsOf(record)) this.uses.release(kind, digest, false);
  }

  private link(reference: Reference, id: Digest): void {
    const name = canonicalString(reference);
    const earlier = this.names.get(name);
    if (earlier !== undefined && earlier !== id) {
      this.namesOf.get(earlier)?.delete(name);
      this.changed(earlier);
    }
    this.names.set(name, id);
    let names = this.namesOf.get(id);
    if (names === undefined) this.namesOf.set(id, (names = new Map()));
    names.set(name, reference);
  }

  private unlinkAll(id: Digest): void {
    for (const name of this.namesOf.get(id)?.keys() ?? []) this.names.delete(name);
    this.namesOf.delete(id);
  }

  private changed(id: Digest): void {
    this.views.delete(id);
    this.sortedNames.delete(id);
    for (const listener of this.listeners) listener(id);
  }
}

/** A reference with both tag and digest means the digest. Source: moby reference store. */
function lookupForm(reference: Reference): Reference {
  const { domain, path, digest } = reference;
  return digest === undefined ? withDefaultTag(reference) : { domain, path, digest };
}

/** As Docker names it in errors: with the default tag. */
function shown(text: string): string {
  if (isDigest(text) || /^[0-9a-f]{64}$/.test(text)) return text;
  try {
    return familiarString(withDefaultTag(parseReference(text)));
  } catch {
    return text;
  }
}
