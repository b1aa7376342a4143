/**
 * Unpacked layers under one root: `<number>/` is a layer in overlay form, `empty/` and `none/` stand
 * for an image without layers.
 *
 * A directory is a snapshot only if a record names it; the record is written last, so a crash leaves
 * directories without a record, which `recover` removes. Files of a snapshot are not fsynced: its
 * record carries the boot it was unpacked in, and counts for later boots only once `markDurable` was
 * called for it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EngineError } from '../../contract/errors.ts';
import type { Digest } from '../../formats/digest.ts';
import { spreadSubdirectories } from '../../host/directory-spread.ts';
import { removeTree } from '../../host/remove-tree.ts';
import type { UnpackTarget } from '../snapshots.ts';
import type { Records, StateStore } from '../state.ts';

interface SnapshotRecord {
  /** Name of its directory in `layers/`. */
  readonly directory: string;
  readonly sizeBytes: number;
  readonly bootId: string;
  readonly isDurable: boolean;
}

/** The part of `Snapshotter` that is about layers. */
export class UnpackedLayers {
  protected readonly layersRoot: string;
  private readonly records: Records<SnapshotRecord>;
  private readonly snapshots: Map<Digest, SnapshotRecord>;
  private readonly bootId: string;
  private nextDirectory: number;

  protected constructor(layersRoot: string, state: StateStore, bootId: string = readBootId()) {
    this.layersRoot = layersRoot;
    mkdirSync(layersRoot, { recursive: true, mode: 0o700 });
    // ext4 otherwise packs all layers into one region, where it walks past every inode that was
    // freed in the last minutes: a pull after a removal took four times as long.
    spreadSubdirectories(layersRoot);
    this.bootId = bootId;
    this.records = state.records<SnapshotRecord>('snapshots');
    this.snapshots = new Map(this.records.all() as [Digest, SnapshotRecord][]);
    const numbers = readdirSync(layersRoot).map(Number).filter(Number.isInteger);
    this.nextDirectory = Math.max(0, ...numbers) + 1;
  }

  has(diffId: Digest): boolean {
    const record = this.snapshots.get(diffId);
    return record !== undefined && (record.isDurable || record.bootId === this.bootId);
  }

  isPresent(diffId: Digest): boolean {
    if (!this.has(diffId)) return false;
    if (existsSync(this.pathOf(diffId))) return true;
    this.forget(diffId);
    return false;
  }

  private forget(diffId: Digest): void {
    this.records.delete(diffId);
    this.snapshots.delete(diffId);
  }

  sizeBytes(diffId: Digest): number {
    return this.snapshots.get(diffId)?.sizeBytes ?? 0;
  }

  pathOf(diffId: Digest): string {
    const record = this.snapshots.get(diffId);
    if (record === undefined || !this.has(diffId))
      throw new EngineError('not-found', `layer ${diffId} is not unpacked`);
    return join(this.layersRoot, record.directory);
  }

  beginUnpack(): UnpackTarget {
    const name = String(this.nextDirectory++);
    const directory = join(this.layersRoot, name);
    mkdirSync(directory, { mode: 0o755 });
    return {
      directory,
      commit: (diffId, sizeBytes) => this.commit(diffId, name, sizeBytes),
      abort: () => removeTree(directory),
    };
  }

  private commit(diffId: Digest, directory: string, sizeBytes: number): void {
    const earlier = this.snapshots.get(diffId);
    if (this.has(diffId)) {
      void this.drop(directory);
      return;
    }
    this.put(diffId, { directory, sizeBytes, bootId: this.bootId, isDurable: false });
    if (earlier !== undefined) void this.drop(earlier.directory);
  }

  private put(diffId: Digest, record: SnapshotRecord): void {
    this.records.put(diffId, record);
    this.snapshots.set(diffId, record);
  }

  /** Frees a directory nobody refers to; what fails here is removed at the next start. */
  private async drop(directory: string): Promise<void> {
    await removeTree(join(this.layersRoot, directory)).catch(() => {});
  }

  async remove(diffId: Digest): Promise<void> {
    const record = this.snapshots.get(diffId);
    if (record === undefined) return;
    this.forget(diffId);
    await this.drop(record.directory);
  }

  list(): Digest[] {
    return [...this.snapshots.keys()].filter((diffId) => this.has(diffId));
  }

  markDurable(diffIds: readonly Digest[]): void {
    for (const diffId of diffIds) {
      const record = this.snapshots.get(diffId);
      if (record && this.has(diffId)) this.put(diffId, { ...record, isDurable: true });
    }
  }

  listVolatile(): Digest[] {
    return this.list().filter((diffId) => !this.snapshots.get(diffId)?.isDurable);
  }

  async recover(): Promise<void> {
    for (const [diffId, record] of this.snapshots)
      if (!existsSync(join(this.layersRoot, record.directory))) this.forget(diffId);
    for (const path of this.listLeftovers()) await this.drop(basename(path));
  }

  listLeftovers(): string[] {
    const named = new Set([...this.snapshots.values()].map((record) => record.directory));
    return readdirSync(this.layersRoot)
      .filter(
        (name) =>
          !['empty', 'none'].includes(name) &&
          !named.has(name) &&
          Number(name) < this.nextDirectory,
      )
      .map((name) => join(this.layersRoot, name));
  }

  /** Name of its directory below `layersRoot`; throws as `pathOf`. */
  protected directoryOf(diffId: Digest): string {
    this.pathOf(diffId);
    return (this.snapshots.get(diffId) as SnapshotRecord).directory;
  }

  /** overlayfs needs one lower directory at least. */
  protected emptyLayer(name: 'empty' | 'none' = 'empty'): string {
    mkdirSync(join(this.layersRoot, name), { recursive: true, mode: 0o755 });
    return name;
  }
}

/** Random for each boot. Source: random(4), boot_id. */
function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
