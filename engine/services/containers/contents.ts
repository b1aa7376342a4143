/**
 * Looking into containers: `docker cp`, `diff`, `export` and `commit`. Each works on running and on
 * stopped containers alike. Errors have Docker's texts.
 */
import { EngineError, hasCode } from '../../contract/errors.ts';
import type {
  Change,
  FileTree,
  PathStat,
  ReadArchive,
  ViewedMount,
} from '../../drivers/container-files.ts';
import type { RootfsView, WritableLayer } from '../../drivers/snapshots.ts';
import type { ResolvedMount } from './container-record.ts';
import { publish, type ContainerContext } from './context.ts';
import { unpackImages } from './image-mounts.ts';
import type { LiveContainer } from './live-container.ts';
import { holdVolumes, releaseVolumes } from './mounts.ts';
import { networkOwner } from './networking.ts';
import { hasProcess } from './state.ts';

export type { PathStat };

export interface CopyWish {
  /** A directory is never replaced by something else, nor the other way round. */
  readonly keepsKinds: boolean;
  /** The container's own user gets what is copied. */
  readonly givesToUser: boolean;
}

interface OpenTree extends AsyncDisposable {
  readonly tree: FileTree;
}

export class ContainerContents {
  private readonly context: ContainerContext;
  private copyCount = 0;

  constructor(context: ContainerContext) {
    this.context = context;
  }

  async stat(name: string, path: string, signal: AbortSignal): Promise<PathStat> {
    await using open = await this.openTree(this.find(name));
    return await findable(name, path, this.context.containerFiles.stat(open.tree, path, signal));
  }

  /** The archive is to be read to its end or returned. */
  async read(name: string, path: string, signal: AbortSignal): Promise<ReadArchive> {
    const container = this.find(name);
    await using opened = new AsyncDisposableStack();
    const { tree } = opened.use(await this.openTree(container));
    const reading = this.context.containerFiles.read(tree, path, signal);
    const { stat, bytes } = await findable(name, path, reading);
    publish(this.context, container, 'archive-path');
    return { stat, bytes: closing(opened.move(), bytes) };
  }

  async write(
    name: string,
    path: string,
    archive: AsyncIterable<Uint8Array>,
    wish: CopyWish,
    signal: AbortSignal,
  ): Promise<void> {
    const container = this.find(name);
    await using open = await this.openTree(container);
    const { User } = container.config;
    const options = {
      keepsKinds: wish.keepsKinds,
      owner: wish.givesToUser && User !== '' ? User : undefined,
      isRootReadOnly: container.hostConfig.ReadonlyRootfs,
    };
    const { containerFiles } = this.context;
    try {
      const writing = containerFiles.write(open.tree, path, archive, options, signal);
      await findable(name, path, writing);
    } finally {
      container.counted = undefined;
    }
    publish(this.context, container, 'extract-to-dir');
  }

  /** The rootfs as one archive. */
  async *export(name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    const container = this.find(name);
    requirePresent(container, 'export');
    using view = await this.openRootfs(container);
    yield* this.context.containerFiles.exportAll(view, signal);
    publish(this.context, container, 'export');
  }

  async changes(name: string, signal: AbortSignal): Promise<Change[]> {
    const container = this.find(name);
    const layer = await this.layerOf(container);
    return await this.context.containerFiles.changes(layer, signal);
  }

  private find(name: string): LiveContainer {
    return this.context.store.find(name);
  }

  /** With what is mounted in it, until it is disposed of. */
  private async openTree(container: LiveContainer): Promise<OpenTree> {
    const holder = `copy ${++this.copyCount}`;
    await using opened = new AsyncDisposableStack();
    opened.defer(() => releaseVolumes(this.context, container, holder));
    await holdVolumes(this.context, container, holder);
    const tree = this.treeOf(container, opened.use(await this.openRootfs(container)));
    const held = opened.move();
    return { tree, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  private async openRootfs(container: LiveContainer): Promise<RootfsView> {
    const { definition, hostConfig } = container;
    await unpackImages(this.context, container);
    return this.context.snapshotter.openView(container.id, definition.layers, {
      isVolatile: hostConfig.AutoRemove,
    });
  }

  private async layerOf(container: LiveContainer): Promise<WritableLayer> {
    await unpackImages(this.context, container);
    return this.context.snapshotter.writableOf(container.id, container.definition.layers);
  }

  private treeOf(container: LiveContainer, rootfs: RootfsView): FileTree {
    const own = container.definition.mounts.flatMap((mount): ViewedMount[] => {
      const source = this.sourceOf(mount);
      if (source === '') return [];
      const { subpath, destination, readOnly, nonRecursive } = mount;
      return [{ source, subpath, destination, readOnly, isRecursive: !nonRecursive }];
    });
    const { tree, place } = rootfs;
    return { rootfs: { tree, place }, mounts: [...this.etcMounts(container, own), ...own] };
  }

  private sourceOf({ image, hostPath }: ResolvedMount): ViewedMount['source'] {
    if (image === undefined) return hostPath;
    return { lowerOptions: this.context.snapshotter.lowerOptionsOf(image.layers) };
  }

  /** The three files that a container that runs has from the engine. */
  private etcMounts(container: LiveContainer, own: readonly ViewedMount[]): ViewedMount[] {
    if (!hasProcess(container.state)) return [];
    const etc = this.context.files.etcOf(networkOwner(this.context, container).id);
    const taken = new Set(own.map(({ destination }) => destination));
    return [
      { destination: '/etc/resolv.conf', source: etc.resolvConf },
      { destination: '/etc/hostname', source: etc.hostname },
      { destination: '/etc/hosts', source: etc.hosts },
    ]
      .filter(({ destination }) => !taken.has(destination))
      .map((mount) => ({
        ...mount,
        subpath: '',
        readOnly: container.hostConfig.ReadonlyRootfs,
        isRecursive: false,
      }));
  }
}

export function requirePresent({ id, state }: LiveContainer, verb: 'export' | 'commit'): void {
  const refuse = (why: string) =>
    new EngineError('conflict', `You cannot ${verb} container ${id} which is ${why}`);
  if (state.status === 'dead') throw refuse('Dead');
  if (state.status === 'removing') throw refuse('being removed');
}

/** Says of a path that is missing what Docker says. */
async function findable<T>(name: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error;
    const message = `Could not find the file ${path} in container ${name}`;
    throw new EngineError('not-found', message, { cause: error });
  }
}

async function* closing(
  opened: AsyncDisposable,
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  await using _opened = opened;
  yield* bytes;
}
