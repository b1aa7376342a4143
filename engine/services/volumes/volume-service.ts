/**
 * Volumes: data that outlives containers, by name. Only Docker's `local` driver. One with options is a
 * file system, mounted while a container has it.
 *
 * A volume is in use while any container, running or not, mounts it; such a volume is never
 * removed. A directory whose record was lost is taken for a volume again, never deleted.
 */
import { randomBytes } from 'node:crypto';
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import { checkVolumeName } from '../../formats/volume-name.ts';
import {
  checkVolumeOptions,
  volumeMountOf,
  type VolumeMount,
  type VolumeOptions,
} from '../../formats/volume-options.ts';
import type { Records, StateStore } from '../../drivers/state.ts';
import type { VolumeStore } from '../../drivers/volumes.ts';
import { formatTime, type Clock } from '../../host/clock.ts';
import type { EventBus } from '../events/event-bus.ts';
import { isSet, listFilter, pruneFilter } from './volume-filters.ts';
import { VolumeHolds } from './volume-holds.ts';

/** On volumes that got their name from the engine. Source: moby `volume/service`, AnonymousLabel. */
export const ANONYMOUS_LABEL = 'com.docker.volume.anonymous';

export interface VolumeRecord {
  readonly name: string;
  /** Null when none were given, as Docker distinguishes. */
  readonly labels: Readonly<Record<string, string>> | null;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Of the driver; absent when none were given. */
  readonly options?: VolumeOptions;
}

export interface VolumeRequest {
  /** Absent or empty: an anonymous volume with a name of 64 hex digits. */
  readonly name?: string;
  /** The name is one of `anonymousName()`. */
  readonly isAnonymous?: boolean;
  readonly driver?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly driverOpts?: Readonly<Record<string, string>> | null;
}

export interface VolumeView extends VolumeRecord {
  /** Absolute path of the data on the host. */
  readonly mountpoint: string;
}

/** Ids of the containers, running or not, that mount a volume. */
export type VolumeUsers = (name: string) => readonly string[];

export class VolumeService {
  private readonly store: VolumeStore;
  private readonly events: EventBus;
  private readonly clock: Clock;
  private readonly users: VolumeUsers;
  private readonly records: Records<VolumeRecord>;
  private readonly holds: VolumeHolds;

  constructor(parts: {
    store: VolumeStore;
    state: StateStore;
    events: EventBus;
    clock: Clock;
    users: VolumeUsers;
  }) {
    this.store = parts.store;
    this.events = parts.events;
    this.clock = parts.clock;
    this.users = parts.users;
    this.holds = new VolumeHolds(parts.store);
    this.records = parts.state.records<VolumeRecord>('volumes');
  }

  /** Where a volume of this name has its data, whether there is one or not. */
  pathOf(name: string): string {
    return this.store.pathOf(name);
  }

  /** At the engine's start: finishes interrupted removals and finds volumes without a record. */
  async recover(): Promise<void> {
    const names = new Set(this.store.list());
    for (const name of names)
      if (!this.records.get(name)) this.records.put(name, this.recordOf(name, null));
    for (const [name] of this.records.all()) if (!names.has(name)) this.records.delete(name);
    for (const [name, record] of this.records.all())
      if (volumeMountOf(record.options) && !this.holds.isHeld(name)) this.store.unmount(name);
    await this.store.sweep();
  }

  /**
   * The holder uses the volume from now on, until `release`: what its options name is mounted when
   * the promise resolves. A volume without options has nothing to be mounted.
   */
  async hold(name: string, holder: string): Promise<void> {
    const wanted = this.mountOf(name);
    if (wanted !== undefined) await this.holds.take(name, holder, wanted);
  }

  /** As `hold`, for one that had the volume before this engine began. */
  adopt(name: string, holder: string): void {
    if (this.mountOf(name) !== undefined) this.holds.adopt(name, holder);
  }

  /** The last one to let go unmounts. Not held is no error. */
  release(name: string, holder: string): Promise<void> {
    return this.holds.release(name, holder);
  }

  private mountOf(name: string): VolumeMount | undefined {
    return volumeMountOf(this.records.get(name)?.options);
  }

  /**
   * The volume of this name, made if there is none; `created` says whether it was. Labels of one
   * that exists stay as they are. Throws `invalid-argument` for a name Docker refuses.
   */
  ensure(request: VolumeRequest): VolumeView & { readonly created: boolean } {
    const name = request.name || anonymousName();
    refuseDriver(name, request);
    const existing = this.records.get(name);
    if (existing) return { ...this.view(existing), created: false };
    checkVolumeName(name);
    checkVolumeOptions(name, request.driverOpts ?? {});
    const isNamed = request.name && !request.isAnonymous;
    const labels = isNamed
      ? (request.labels ?? null)
      : { ...request.labels, [ANONYMOUS_LABEL]: '' };
    const options = request.driverOpts ?? {};
    const hasOptions = Object.keys(options).length > 0;
    const record = { ...this.recordOf(name, labels), ...(hasOptions && { options }) };
    // In this order a crash in between leaves a record, which `recover` drops; a directory alone
    // would be taken for a volume that lost its record.
    this.records.put(name, record);
    try {
      this.store.create(name);
    } catch (error) {
      this.records.delete(name);
      throw error;
    }
    this.publish('create', name);
    return { ...this.view(record), created: true };
  }

  private recordOf(name: string, labels: VolumeRecord['labels']): VolumeRecord {
    return { name, labels, createdAt: formatTime(this.clock.nowNs()) };
  }

  /** Throws `not-found`, `get x: no such volume`. */
  find(name: string): VolumeView {
    const record = this.records.get(name);
    if (record) return this.view(record);
    throw new EngineError('not-found', `get ${name}: no such volume`);
  }

  list(filters: Filters = new Map()): VolumeView[] {
    const all = this.records.all().map(([, record]) => record);
    const matches = listFilter(filters, all, (name) => this.users(name).length > 0);
    return all.filter(matches).map((record) => this.view(record));
  }

  /** With `force` an absent volume is no error; one in use is a conflict all the same. */
  async remove(name: string, options: { force?: boolean } = {}): Promise<void> {
    if (options.force && !this.records.get(name)) return;
    this.find(name);
    const users = this.users(name);
    if (users.length > 0)
      throw new EngineError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`);
    await this.delete(name);
  }

  /**
   * Removes the volume if the engine named it and no container has it any more (`rm -v`, `--rm`). It
   * is gone from the list when this returns, its data when the promise resolves.
   */
  removeAnonymous(name: string): Promise<void> {
    const record = this.records.get(name);
    const isUnused = record && isAnonymous(record) && this.users(name).length === 0;
    return isUnused ? this.delete(name) : Promise.resolve();
  }

  /**
   * Removes unused volumes: those the engine named, or with `all` every one. Clients before 1.42
   * know no `all` and mean every one.
   */
  async prune(
    filters: Filters,
    apiVersion: number,
  ): Promise<{ deleted: string[]; reclaimedBytes: number }> {
    const PRUNE_ANONYMOUS_SINCE = 42;
    const matches = pruneFilter(filters);
    const all = isSet(filters, 'all') || apiVersion < PRUNE_ANONYMOUS_SINCE;
    const deleted: string[] = [];
    let reclaimedBytes = 0;
    for (const [name, record] of this.records.all()) {
      if (!matches(record) || !(all || isAnonymous(record))) continue;
      const sizeBytes = await this.sizeBytes(name);
      // Asked only now: a container may have taken it while its size was counted.
      if (this.users(name).length > 0 || !this.records.get(name)) continue;
      await this.delete(name);
      deleted.push(name);
      reclaimedBytes += sizeBytes;
    }
    const attributes = { reclaimed: String(reclaimedBytes) };
    this.events.publish({ type: 'volume', action: 'prune', actorId: '', attributes });
    return { deleted, reclaimedBytes };
  }

  /** Gone from the list at once; the data is when the promise resolves. */
  private delete(name: string): Promise<void> {
    const deleteData = this.store.remove(name);
    this.records.delete(name);
    this.publish('destroy', name);
    return deleteData();
  }

  /** Bytes on disk, as `du` counts them. */
  sizeBytes(name: string): Promise<number> {
    return this.store.sizeBytes(name);
  }

  /** True when a container's image may still fill the volume. */
  isEmpty(name: string): boolean {
    return this.store.isEmpty(name);
  }

  /** Fills an empty volume from a directory of the image; see `VolumeStore.copyUp`. */
  copyUp(name: string, fromDirectory: string): Promise<void> {
    return this.store.copyUp(name, fromDirectory);
  }

  /** Announces that a container that starts mounts the volume. */
  publishMount(
    name: string,
    mount: { containerId: string; destination: string; readOnly: boolean },
  ): void {
    this.publish('mount', name, {
      container: mount.containerId,
      destination: mount.destination,
      propagation: '',
      'read/write': String(!mount.readOnly),
    });
  }

  publishUnmount(name: string, containerId: string): void {
    this.publish('unmount', name, { container: containerId });
  }

  private publish(action: string, name: string, attributes: Record<string, string> = {}): void {
    this.events.publish({
      type: 'volume',
      action,
      actorId: name,
      attributes: { driver: 'local', ...attributes },
    });
  }

  private view(record: VolumeRecord): VolumeView {
    return { ...record, mountpoint: this.store.pathOf(record.name) };
  }
}

function isAnonymous(record: VolumeRecord): boolean {
  return record.labels !== null && ANONYMOUS_LABEL in record.labels;
}

/** A name for a volume that nobody named. */
export function anonymousName(): string {
  return randomBytes(32).toString('hex');
}

/** Docker's own texts. Source: moby `volume/local`, `volume/service/store.go`. */
function refuseDriver(name: string, { driver }: VolumeRequest): void {
  if (driver && driver !== 'local')
    throw new EngineError(
      'not-found',
      `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`,
    );
}
