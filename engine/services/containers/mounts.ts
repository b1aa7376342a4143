/**
 * A container's mounts, from wish to OCI entry: volumes get a name and a directory, binds are checked
 * or made, empty volumes are filled from the image.
 */
import type { ContainerConfig, HostConfig } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import { parseVolumesFrom } from '../../formats/bind-spec.ts';
import { planMounts, type MountSpec } from '../../formats/mount-spec.ts';
import type { OciMount } from '../../formats/runtime-spec-mounts.ts';
import type { ResolvedMount } from './container-record.ts';
import type { ContainerContext } from './context.ts';
import { lookUpForCreate } from './create-lookup.ts';
import { anonymousName } from '../volumes/volume-service.ts';
import { findMounted } from './image-mounts.ts';
import type { LiveContainer } from './live-container.ts';

export function planContainerMounts(
  context: Pick<ContainerContext, 'store' | 'files'>,
  config: ContainerConfig,
  hostConfig: HostConfig,
  options: { readonly isReadOnlyRecursive?: boolean } = {},
): MountSpec[] {
  const inherited = (hostConfig.VolumesFrom ?? []).flatMap((text) => mountsFrom(context, text));
  const imageVolumes = Object.keys(config.Volumes ?? {});
  const { Binds, Mounts, Tmpfs, VolumeDriver } = hostConfig;
  const wishes = { Binds, Mounts, Tmpfs, VolumeDriver, inherited, imageVolumes, ...options };
  return planMounts(wishes).map((mount) =>
    mount.type === 'bind' ? { ...mount, propagation: propagationOf(context, mount) } : mount,
  );
}

/**
 * A container that has the engine's own folders must let go of what is mounted there when the engine
 * does, else nothing of it could be removed.
 */
function propagationOf(
  { files }: Pick<ContainerContext, 'files'>,
  { source, propagation }: MountSpec,
): string {
  if (!files.overlapsEngine(source)) return propagation || 'rprivate';
  if (['', 'rslave', 'rshared'].includes(propagation)) return propagation || 'rslave';
  throw new EngineError(
    'invalid-argument',
    `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, bind mount source: "${source}", propagation: "${propagation}"`,
  );
}

/** `--volumes-from name[:ro|rw]`. What is read-only there stays so. */
function mountsFrom({ store }: Pick<ContainerContext, 'store'>, text: string): MountSpec[] {
  const { container, readOnly } = parseVolumesFrom(text);
  return lookUpForCreate(() => store.find(container))
    .definition.mounts.filter(({ type, isMountRequest }) => type !== 'tmpfs' || isMountRequest)
    .map((mount) => ({
      ...mount,
      source: mount.image?.id ?? (mount.type === 'volume' ? mount.volumeName : mount.source),
      readOnly: mount.readOnly || readOnly,
      noCopy: true,
    }));
}

/** Throws `invalid-argument` for a `--mount` whose source is not there, a path or an image. */
export function checkMounts(
  { files, images }: Pick<ContainerContext, 'files' | 'images'>,
  mounts: readonly MountSpec[],
): void {
  for (const { type, source, createSource } of mounts) {
    if (type === 'image') findMounted(images, source);
    if (type === 'bind' && !createSource && !files.existsOnHost(source))
      throw new EngineError(
        'invalid-argument',
        `invalid mount config for type "bind": bind source path does not exist: ${source}`,
      );
  }
}

/** Gives every mount its place on the host, and anonymous volumes their names. Makes nothing. */
export function resolveMounts(
  { volumes, images }: Pick<ContainerContext, 'volumes' | 'images'>,
  mounts: readonly MountSpec[],
): ResolvedMount[] {
  return mounts.map((mount) => {
    if (mount.type === 'image') {
      const { id, diffIds: layers } = findMounted(images, mount.source);
      return { ...mount, volumeName: '', hostPath: '', image: { id, layers } };
    }
    if (mount.type !== 'volume')
      return { ...mount, volumeName: '', hostPath: mount.type === 'bind' ? mount.source : '' };
    const volumeName = mount.source === '' ? anonymousName() : mount.source;
    return { ...mount, volumeName, hostPath: volumes.pathOf(volumeName) };
  });
}

/** Makes what volumes are missing. */
export function makeVolumes(
  { volumes }: Pick<ContainerContext, 'volumes'>,
  mounts: readonly ResolvedMount[],
): void {
  for (const mount of mounts)
    if (mount.volumeName !== '')
      volumes.ensure({
        name: mount.volumeName,
        isAnonymous: mount.source === '',
        ...(mount.volumeDriver !== undefined && { driver: mount.volumeDriver }),
        ...(mount.volumeLabels !== undefined && { labels: mount.volumeLabels }),
        ...(mount.volumeDriverOptions !== undefined && { driverOpts: mount.volumeDriverOptions }),
      });
}

/**
 * Removes those of a container's volumes that the engine named and no other container has. They are
 * gone from the list when this returns, and their data when the promise resolves.
 */
export function removeOwnVolumes(
  { volumes }: Pick<ContainerContext, 'volumes'>,
  mounts: readonly ResolvedMount[],
): Promise<unknown> {
  const names = mounts.map(({ volumeName }) => volumeName).filter((name) => name !== '');
  return Promise.all(names.map((name) => volumes.removeAnonymous(name)));
}

/** Gives empty volumes what the image has at their place. */
export async function fillVolumes(
  context: ContainerContext,
  container: LiveContainer,
): Promise<void> {
  const { volumes } = context;
  const fillable = container.definition.mounts.filter(
    ({ volumeName, noCopy, subpath }) => volumeName !== '' && !noCopy && subpath === '',
  );
  const holder = `filling ${container.id}`;
  try {
    for (const { volumeName } of fillable) await volumes.hold(volumeName, holder);
    const empty = fillable.filter(({ volumeName }) => volumes.isEmpty(volumeName));
    if (empty.length > 0) await copyFromImage(context, container, empty);
  } finally {
    for (const { volumeName } of fillable) await volumes.release(volumeName, holder);
  }
}

async function copyFromImage(
  { volumes, snapshotter, files, images }: ContainerContext,
  container: LiveContainer,
  empty: readonly ResolvedMount[],
): Promise<void> {
  const { imageId, layers } = container.definition;
  await images.ensureUnpacked({ id: imageId, diffIds: layers });
  const rootfs = snapshotter.mount(container.id, layers);
  try {
    for (const { volumeName, destination } of empty)
      if (files.isDirectoryInRootfs(rootfs, destination))
        await volumes.copyUp(volumeName, files.resolveInRootfs(rootfs, destination));
  } finally {
    await snapshotter.unmount(container.id);
  }
}

/** OCI entries of a container about to start; missing sources of `-v` binds are made. */
export function ociMountsOf(
  context: Pick<ContainerContext, 'files' | 'machine' | 'snapshotter'>,
  { id, definition }: LiveContainer,
): OciMount[] {
  return definition.mounts.map((mount) => {
    if (mount.type === 'tmpfs')
      return {
        destination: mount.destination,
        type: 'tmpfs',
        source: 'tmpfs',
        options: mount.tmpfsOptions,
      };
    const source = sourceOf(context, id, mount);
    const propagation = propagationAt(context, source, mount.propagation || 'rprivate');
    const access = accessOf(context, mount, source);
    // crun 1.8 takes a recursive option of any kind for a wish to bind recursively.
    const flat = ['bind', access === 'rro' ? 'ro' : access, propagation.replace(/^r/, '')];
    return {
      destination: mount.destination,
      type: 'bind',
      source,
      options: mount.nonRecursive ? flat : ['rbind', access, propagation],
    };
  });
}

/** Volumes with options are mounted while a container that has them runs, or is copied from or to. */
export async function holdVolumes(
  { volumes }: Pick<ContainerContext, 'volumes'>,
  { id, definition }: LiveContainer,
  holder: string = id,
): Promise<void> {
  for (const { volumeName } of definition.mounts)
    if (volumeName !== '') await volumes.hold(volumeName, holder);
}

export async function releaseVolumes(
  { volumes }: Pick<ContainerContext, 'volumes'>,
  { id, definition }: LiveContainer,
  holder: string = id,
): Promise<void> {
  for (const { volumeName } of definition.mounts)
    if (volumeName !== '') await volumes.release(volumeName, holder);
}

/** Other containers may change what is in a volume at any time, so a path in it is held fast. */
function sourceOf(
  { files, snapshotter }: Pick<ContainerContext, 'files' | 'snapshotter'>,
  containerId: string,
  mount: ResolvedMount,
): string {
  if (mount.image !== undefined) {
    const lowerOptions = snapshotter.lowerOptionsOf(mount.image.layers);
    return files.pinLayers(containerId, lowerOptions, mount.subpath);
  }
  if (mount.type === 'bind' && mount.createSource) files.ensureHostPath(mount.hostPath);
  if (mount.subpath === '') return mount.hostPath;
  return files.pin(containerId, mount.hostPath, mount.subpath);
}

/** Read-only reaches what is mounted below as well, which takes mount_setattr(2). */
function accessOf(
  { files, machine }: Pick<ContainerContext, 'files' | 'machine'>,
  { readOnly, readOnlyNonRecursive, readOnlyForceRecursive }: ResolvedMount,
  source: string,
): string {
  if (!readOnly) return 'rw';
  // Nothing is mounted below a file, and crun 1.8 takes every recursive one for a directory.
  if (!files.isHostDirectory(source)) return 'ro';
  const [major = 0, minor = 0] = machine.kernelVersion.split('.').map(Number);
  if (major > 5 || (major === 5 && minor >= 12)) return readOnlyNonRecursive ? 'ro' : 'rro';
  if (readOnlyForceRecursive)
    throw new EngineError(
      'internal',
      `rro is not supported: requires kernel >= 5.12, has ${machine.kernelVersion}`,
    );
  return 'ro';
}

/** Only a mount that itself passes mounts on can be passed on from. */
function propagationAt(
  { files }: Pick<ContainerContext, 'files'>,
  source: string,
  propagation: string,
): string {
  if (propagation === 'private' || propagation === 'rprivate') return propagation;
  const { mountPoint, isShared, isSlave } = files.mountOf(source);
  if (isShared || (isSlave && propagation.endsWith('slave'))) return propagation;
  if (files.overlapsEngine(source) && propagation === 'rslave') return 'rprivate';
  const wanted = propagation.endsWith('slave') ? 'shared or slave' : 'shared';
  throw new EngineError(
    'internal',
    `path ${source} is mounted on ${mountPoint} but it is not a ${wanted} mount`,
  );
}
