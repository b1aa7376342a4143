/** Images: pull, import, list, inspect, tag, remove, prune, and what containers need of them. */
import { EngineError } from '../../contract/errors.ts';
import type {
  ImageDeletion,
  ImageHistoryItem,
  ImageInspect,
  ProgressMessage,
} from '../../contract/images.ts';
import type { ImageUpdate } from '../../contract/registry.ts';
import type { Filters } from '../../contract/route.ts';
import type { ImageSummary } from '../../contract/summaries.ts';
import type { ImageLayers, StoreCheckMessage } from '../../contract/store.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { Downloads } from '../../drivers/downloads.ts';
import type { Credentials, Registry } from '../../drivers/registry.ts';
import type { Snapshotter } from '../../drivers/snapshots.ts';
import type { StateStore } from '../../drivers/state.ts';
import type { FileList, StoreSurveyor } from '../../drivers/store-surveyor.ts';
import type { Unpacker } from '../../drivers/unpacker.ts';
import { isDigest, type Digest } from '../../formats/digest.ts';
import { hostPlatform, parsePlatform, type Platform } from '../../formats/platform.ts';
import type { Reference } from '../../formats/reference.ts';
import type { Clock } from '../../host/clock.ts';
import type { EventBus } from '../events/event-bus.ts';
import { commitImage, type CommitImageRequest } from './commit.ts';
import type { Image, ImageLookup, ImageMaker, ImageUsers } from './image.ts';
import { checkStore } from './check-store.ts';
import { describeLayers, listLayerFiles, type LayerFilesRequest } from './image-layers.ts';
import type { ImageRecord } from './image-record.ts';
import { ImageStore } from './image-store.ts';
import { importImage, type ImportRequest } from './import.ts';
import { importDownload, type ImportDownloadRequest } from './import-download.ts';
import { imageHistory, inspectImage, type InspectOptions } from './inspect.ts';
import { LayerUpkeep } from './layer-upkeep.ts';
import { LayerStore } from './layer-store.ts';
import { listImages, summaryOf, type ListOptions } from './list.ts';
import { layerBytes, pruneImages, type PrunedImages } from './prune.ts';
import { findForPlatform } from './platform-match.ts';
import { pullImage, type PullRequest } from './pull.ts';
import { LayerPusher } from './push-layers.ts';
import { PushSlots } from './push-slots.ts';
import { pushImage, type PushRequest } from './push.ts';
import { removeImage, type RemoveOptions } from './remove.ts';
import { loadImages, type LoadedPart } from './load.ts';
import { saveImages } from './save.ts';
import { StorageUses } from './storage-uses.ts';
import { tagImage } from './tag.ts';
import { findUpdates } from './updates.ts';

export interface ImageServiceOptions {
  readonly state: StateStore;
  readonly content: ContentStore;
  readonly snapshotter: Snapshotter;
  readonly unpacker: Unpacker;
  readonly surveyor: StoreSurveyor;
  readonly registry: Registry;
  readonly downloads: Downloads;
  readonly events: EventBus;
  readonly clock: Clock;
  /** Late, because containers need images first. */
  readonly users: () => ImageUsers;
  /** As `process.arch` has it. */
  readonly architecture: string;
  /** Layers pushed at a time. */
  readonly maxConcurrentUploads: number;
}

/** Partial downloads older than this are removed at start. */
const INGEST_AGE_MAX_MS = 7 * 24 * 3_600_000;
const EVERY_LINE = {
  all: false,
  filters: new Map(),
  withSharedSize: false,
  withContainers: false,
  withManifests: false,
} as const;

export class ImageService implements ImageLookup, ImageMaker {
  private readonly options: ImageServiceOptions;
  private readonly uses: StorageUses;
  private readonly store: ImageStore;
  private readonly layers: LayerStore;
  private readonly upkeep: LayerUpkeep;
  private readonly pusher: LayerPusher;
  private readonly host: Platform;
  private readonly closing = new AbortController();
  private readonly unsubscribe: () => void;

  constructor(options: ImageServiceOptions) {
    this.options = options;
    this.host = hostPlatform(options.architecture);
    this.uses = new StorageUses(options.content, options.snapshotter);
    this.store = new ImageStore(options.state, this.uses);
    this.layers = new LayerStore(options.content, options.snapshotter, options.unpacker);
    this.upkeep = new LayerUpkeep({ ...options, images: this.store, layers: this.layers });
    const slots = new PushSlots(options.maxConcurrentUploads);
    this.pusher = new LayerPusher(options.content, options.state, slots);
    this.unsubscribe = options.events.subscribe((event) => {
      if (event.type === 'container' && event.action === 'destroy') this.freeDetached();
    });
  }

  find(reference: string, platform = ''): Image {
    const wanted = platform === '' ? undefined : parsePlatform(platform, this.host);
    return this.store.view(findForPlatform(this.store, reference, wanted));
  }

  get(id: Digest): Image | undefined {
    const record = this.store.get(id);
    return record && this.store.view(record);
  }

  /** Every image as one line, newest first; cheap enough to call for each watcher. */
  listSummaries(): ImageSummary[] {
    return this.list(EVERY_LINE);
  }

  /** Every image as one line, with what it shares and who uses it. */
  listWithSizes(): ImageSummary[] {
    return this.list({ ...EVERY_LINE, withSharedSize: true, withContainers: true });
  }

  /** Bytes in the layers of all images, each layer once. */
  layerBytes(): number {
    return layerBytes(this.store);
  }

  /** One image as a line, or undefined once it is deleted. */
  summaryOf(id: string): ImageSummary | undefined {
    const record = isDigest(id) ? this.store.get(id) : undefined;
    return record && !record.isDetached ? summaryOf(this.store, record) : undefined;
  }

  /** Calls `listener` with the id of every image that changes or goes; returns how to stop. */
  onChange(listener: (id: string) => void): () => void {
    return this.store.onChange(listener);
  }

  /** Images there are, for `docker info`. */
  count(): number {
    return this.store.all().length;
  }

  list(options: Omit<ListOptions, 'nowNs'>): ImageSummary[] {
    return listImages(this.parts(), { ...options, nowNs: this.options.clock.nowNs() });
  }

  inspect(name: string, options: InspectOptions = {}): ImageInspect {
    return inspectImage(this.parts(), name, options);
  }

  history(name: string, platform?: Platform): ImageHistoryItem[] {
    return imageHistory(this.parts(), name, platform);
  }

  /** Pulls and yields progress; see `pullImage` for what is thrown when. */
  async *pull(request: PullRequest, signal: AbortSignal): AsyncGenerator<ProgressMessage> {
    try {
      yield* pullImage(
        { ...this.parts(), registry: this.options.registry },
        request,
        this.until(signal),
      );
    } finally {
      await this.settle();
    }
  }

  /** Pushes and yields progress; see `pushImage` for what is thrown when. */
  async *push(request: PushRequest, signal: AbortSignal): AsyncGenerator<ProgressMessage> {
    const parts = { ...this.parts(), registry: this.options.registry, layers: this.pusher };
    yield* pushImage(parts, request, this.until(signal));
  }

  /** Local tags that stand for something else in their registry by now. */
  updates(
    credentialsFor: (domain: string) => Credentials | undefined,
    signal: AbortSignal,
  ): Promise<ImageUpdate[]> {
    const parts = { images: this.store, registry: this.options.registry };
    return findUpdates(parts, credentialsFor, this.until(signal));
  }

  async import(request: ImportRequest, signal: AbortSignal): Promise<Digest> {
    try {
      return await importImage(this.parts(), request, this.until(signal));
    } finally {
      await this.settle();
    }
  }

  /** Imports from an address and yields progress; see `importDownload` for what is thrown when. */
  async *importDownload(
    request: ImportDownloadRequest,
    signal: AbortSignal,
  ): AsyncGenerator<ProgressMessage> {
    const parts = { ...this.parts(), downloads: this.options.downloads };
    try {
      yield* importDownload(parts, request, this.until(signal));
    } finally {
      await this.settle();
    }
  }

  async commit(request: CommitImageRequest, signal: AbortSignal): Promise<Digest> {
    try {
      return await commitImage(this.parts(), request, this.until(signal));
    } finally {
      await this.settle();
    }
  }

  /** The images as one tar archive; throws `not-found` before the first byte. */
  save(names: readonly string[], platform?: Platform): AsyncIterable<Buffer> {
    return saveImages(this.parts(), names, platform);
  }

  /** Takes in the images of an archive and tells each. */
  async *load(
    archive: AsyncIterable<Uint8Array>,
    platform: Platform | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<LoadedPart> {
    try {
      yield* loadImages(this.parts(), archive, platform, this.until(signal));
    } finally {
      await this.settle();
    }
  }

  /** See `tagImage`. */
  tag(name: string, reference: Reference): void {
    tagImage(this.parts(), name, reference);
  }

  /** By name or id; see `removeImage` for what stands in the way. */
  remove(
    name: string,
    options: RemoveOptions & { readonly platform?: Platform | undefined } = {},
  ): ImageDeletion[] {
    findForPlatform(this.store, name, options.platform);
    return removeImage(this.parts(), name, options);
  }

  /** What each step of an image did to its files. */
  layersOf(name: string, signal: AbortSignal): Promise<ImageLayers> {
    return describeLayers(this.layersParts(), name, signal);
  }

  /** A page of the files of one of an image's layers. */
  layerFiles(name: string, request: LayerFilesRequest, signal: AbortSignal): Promise<FileList> {
    return listLayerFiles(this.layersParts(), name, request, signal);
  }

  /** Verifies the whole store; see `checkStore`. */
  check(signal: AbortSignal): AsyncGenerator<StoreCheckMessage> {
    const isUsed = ({ id }: ImageRecord) => this.options.users().containersOf(id).length > 0;
    return checkStore(
      {
        ...this.parts(),
        isLayerUsed: (diffId) => this.store.withLayer(diffId).some(isUsed),
        isAtRest: false,
      },
      this.until(signal),
    );
  }

  /** Resolves when the disk of everything removed so far is free. */
  freed(): Promise<void> {
    return this.uses.settled();
  }

  /** Removes images nobody uses. */
  prune(filters: Filters): PrunedImages {
    return pruneImages(this.parts(), filters, this.options.clock.nowNs());
  }

  /**
   * Resolves once every layer of the image is there to be mounted: at once as a rule; after an
   * unclean boot, or when a layer's directory is gone, it is unpacked again from its blob. Await it
   * before `mount`.
   */
  ensureUnpacked(image: Pick<Image, 'id' | 'diffIds'>): Promise<void> {
    return this.upkeep.ensureUnpacked(image);
  }

  /** Frees what an earlier run left behind. Run once, before anything else. */
  async recover(): Promise<void> {
    await this.options.snapshotter.recover();
    await this.uses.sweep();
    this.options.content.sweepIngests(this.nowMs() - INGEST_AGE_MAX_MS);
    this.freeDetached();
    await this.uses.settled();
  }

  /** Ends pulls under way and makes snapshots durable. */
  async close(): Promise<void> {
    this.unsubscribe();
    this.closing.abort(new EngineError('cancelled', 'the engine is stopping'));
    await this.uses.settled();
    await this.upkeep.close();
  }

  /** Deleted images go for good with the last container that stood on them. */
  private freeDetached(): void {
    const users = this.options.users();
    for (const { id } of this.store.detached())
      if (users.containersOf(id).length === 0) this.store.delete(id);
  }

  /** After layers came in, or work that brings them was given up. */
  private async settle(): Promise<void> {
    this.upkeep.planSync();
    await this.uses.settled();
  }

  /** The caller's signal, or the engine's end. */
  private until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.closing.signal]);
  }

  private nowMs(): number {
    return Number(this.options.clock.nowNs() / 1_000_000n);
  }

  private layersParts() {
    return {
      ...this.parts(),
      ensureUnpacked: (record: ImageRecord) => this.ensureUnpacked(this.store.view(record)),
    };
  }

  private parts() {
    const { content, snapshotter, surveyor, events, clock, users } = this.options;
    const { store: images, layers, uses, host } = this;
    return { content, snapshotter, surveyor, events, clock, users, images, layers, uses, host };
  }
}
