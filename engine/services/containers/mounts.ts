/**
 * A container's mounts, from wish to OCI entry: volumes get a name and a directory, binds are checked
 * or made, empty volumes are filled from the image.
 */
import type { ContainerConfig, HostConfig } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import { planMounts, type MountSpec } from '../../formats/mount-spec.ts';
import type { OciMount } from '../../formats/runtime-spec-mounts.ts';
import type { ResolvedMount } from './container-record.ts';
import type { ContainerContext } from './context.ts';
import { anonymousName } from '../volumes/volume-service.ts';
import type { LiveContainer } from './live-container.ts';

export function planContainerMounts(
  context: Pick<ContainerContext, 'store'>,
  config: ContainerConfig,
  hostConfig: HostConfig,
): MountSpec[] {
  const inherited = (hostConfig.VolumesFrom ?? []).flatMap((text) => mountsFrom(context, text));
  return planMounts(hostConfig, Object.keys(config.Volumes ?? {}), inherited);
}

/** `--volumes-from name[:ro|rw]`. */
function mountsFrom({ store }: Pick<ContainerContext, 'store'>, text: string): MountSpec[] {
  const [, name = text, mode = ''] = /^(.*?)(?::(ro|rw))?$/.exec(text) ?? [];
  return store.find(name).definition.mounts.map((mount) => ({
    ...mount,
    source: mount.type === 'volume' ? mount.volumeName : mount.source,
    readOnly: mode === '' ? mount.readOnly : mode === 'ro',
    noCopy: true,
  }));
}

/** Throws `invalid-argument` for a `--mount` whose source is not there. */
export function checkMounts(
  { files }: Pick<ContainerContext, 'files'>,
  mounts: readonly MountSpec[],
): void {
  for (const { type, source, createSource } of mounts)
    if (type === 'bind' && !createSource && !files.existsOnHost(source))
      throw new EngineError(
        'invalid-argument',
        `invalid mount config for type "bind": bind source path does not exist: ${source}`,
      );
}

/** Gives every mount its place on the host, and anonymous volumes their names. Makes nothing. */
export function resolveMounts(
  { volumes }: Pick<ContainerContext, 'volumes'>,
  mounts: readonly MountSpec[],
): ResolvedMount[] {
  return mounts.map((mount) => {
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
  const { volumes, snapshotter, files, images } = context;
  const empty = container.definition.mounts.filter(
    ({ volumeName, noCopy, subpath }) =>
      volumeName !== '' && !noCopy && subpath === '' && volumes.isEmpty(volumeName),
  );
  if (empty.length === 0) return;
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
  { files }: Pick<ContainerContext, 'files'>,
  mounts: readonly ResolvedMount[],
): OciMount[] {
  return mounts.map((mount) => {
    if (mount.type === 'tmpfs')
      return {
        destination: mount.destination,
        type: 'tmpfs',
        source: 'tmpfs',
        options: mount.tmpfsOptions,
      };
    if (mount.type === 'bind' && mount.createSource) files.ensureHostPath(mount.hostPath);
    const source =
      mount.subpath === '' ? mount.hostPath : files.resolveInRootfs(mount.hostPath, mount.subpath);
    return {
      destination: mount.destination,
      type: 'bind',
      source,
      options: [
        mount.nonRecursive ? 'bind' : 'rbind',
        mount.readOnly ? 'ro' : 'rw',
        mount.propagation || 'rprivate',
      ],
    };
  });
}
