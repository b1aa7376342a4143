/**
 * What a container mounts, from all the ways to ask for it: `--volumes-from`, `-v`, `--mount`,
 * `--tmpfs`, the image's volumes. Pure: nothing is looked up on the host.
 * Sources: Docker manual, "Bind mounts", "Volumes"; moby `daemon/volumes.go`, registerMountPoints.
 */
import type { HostConfig } from '../contract/containers.ts';
import { EngineError } from '../contract/errors.ts';
import { parseBind } from './bind-spec.ts';
import { checkDestination } from './mount-paths.ts';
import { parseMountRequest } from './mount-request.ts';
import { planTmpfsOptions } from './tmpfs-options.ts';

export interface MountSpec {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** Host path of a bind; name of a volume, empty for an anonymous one; reference of an image. */
  readonly source: string;
  /** Clean and absolute, never `/`. */
  readonly destination: string;
  readonly readOnly: boolean;
  /** Read-only holds for what is mounted at the source itself, not for what lies below. */
  readonly readOnlyNonRecursive?: boolean;
  /** Where the kernel cannot make what lies below read-only as well, the container must not start. */
  readonly readOnlyForceRecursive?: boolean;
  /** `rprivate` and so on; empty is the default. */
  readonly propagation: string;
  /** As inspect shows it: the options after the second colon. */
  readonly mode: string;
  /** A bind's missing source is made (`-v`) rather than refused (`--mount`). */
  readonly createSource: boolean;
  /** A volume is not filled from the image. */
  readonly noCopy: boolean;
  /** Mount only this path of the volume or image. */
  readonly subpath: string;
  readonly volumeLabels?: Readonly<Record<string, string>>;
  readonly volumeDriver?: string;
  readonly volumeDriverOptions?: Readonly<Record<string, string>>;
  /** Submounts of a bind's source stay out. */
  readonly nonRecursive: boolean;
  /** Options of a tmpfs, complete. */
  readonly tmpfsOptions: readonly string[];
  /** `true` where the request came as `--mount`: inspect tells the two apart. */
  readonly isMountRequest: boolean;
}

export interface MountWishes extends Pick<
  HostConfig,
  'Binds' | 'Mounts' | 'Tmpfs' | 'VolumeDriver'
> {
  /** Of `--volumes-from`, in order: later ones win. */
  readonly inherited?: readonly MountSpec[];
  readonly imageVolumes: readonly string[];
  /** Clients of old do not expect read-only to reach below a bind's source. */
  readonly isReadOnlyRecursive?: boolean;
}

const PLAIN: Omit<MountSpec, 'type' | 'destination'> = {
  source: '',
  readOnly: false,
  propagation: '',
  mode: '',
  createSource: false,
  noCopy: false,
  subpath: '',
  nonRecursive: false,
  tmpfsOptions: [],
  isMountRequest: false,
};

/**
 * All mounts of a container, in order of destination depth, one for each destination: the image's
 * volumes give way to what the request says. Throws `invalid-argument` with Docker's texts.
 */
export function planMounts(wishes: MountWishes): MountSpec[] {
  const { Binds, Mounts, Tmpfs, VolumeDriver: volumeDriver, isReadOnlyRecursive = true } = wishes;
  const planned = new Map(wishes.inherited?.map((spec) => [spec.destination, spec]));
  const asked = new Set<string>();
  const add = (spec: MountSpec) => {
    if (asked.has(spec.destination))
      throw new EngineError('invalid-argument', `Duplicate mount point: ${spec.destination}`);
    asked.add(spec.destination);
    const isShallow = spec.type === 'bind' && spec.readOnly && !isReadOnlyRecursive;
    planned.set(spec.destination, { ...spec, ...(isShallow && { readOnlyNonRecursive: true }) });
  };
  for (const bind of Binds ?? []) add(parseBind(bind, volumeDriver));
  for (const request of Mounts ?? []) add(parseMountRequest(request));
  for (const [destination, options] of Object.entries(Tmpfs ?? {}))
    add({
      ...PLAIN,
      type: 'tmpfs',
      destination: checkDestination(destination),
      tmpfsOptions: planTmpfsOptions(options === '' ? [] : options.split(',')),
    });
  for (const volume of wishes.imageVolumes) {
    const destination = checkDestination(fromRoot(volume));
    if (!planned.has(destination))
      planned.set(destination, {
        ...PLAIN,
        type: 'volume',
        destination,
        ...(volumeDriver !== '' && { volumeDriver }),
      });
  }
  return [...planned.values()].toSorted((a, b) => depthOf(a.destination) - depthOf(b.destination));
}

/**
 * The CLI takes `-v b:/x` for a path on a drive of Windows and asks for a volume there; to Docker that
 * is a place like any other.
 */
function fromRoot(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function depthOf(path: string): number {
  return path.split('/').length;
}
