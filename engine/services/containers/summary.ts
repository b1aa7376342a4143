/** One line of `docker ps`, and the window's form of it. */
import type { WatchedContainer } from '../../contract/gantry.ts';
import type { ContainerSummary } from '../../contract/summaries.ts';
import { humanDuration } from '../../formats/durations.ts';
import type { ContainerState, ResolvedMount } from './container-record.ts';
import type { ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { endpointsOf, portsOf } from './networks-view.ts';

type MountPoint = ContainerSummary['Mounts'][number];
type Now = Pick<ContainerContext, 'clock' | 'store'>;

export function summaryOf({ clock, store }: Now, container: LiveContainer): ContainerSummary {
  const { definition, state } = container;
  return {
    Id: container.id,
    Names: [container.name, ...store.linkNamesOf(container.id)].map((name) => `/${name}`),
    Image: container.imageReference,
    ImageID: container.imageId,
    Command: commandText(definition.command),
    Created: Math.trunc(Date.parse(definition.createdAt) / 1000),
    Ports: portsOf(container),
    Labels: container.config.Labels,
    State: state.status,
    Status: statusText(container, Number(clock.nowNs() / 1_000_000n)),
    HostConfig: { NetworkMode: container.hostConfig.NetworkMode },
    NetworkSettings: { Networks: endpointsOf(container) },
    Mounts: mountPointsOf(container),
  };
}

export function watchedOf(now: Now, container: LiveContainer): WatchedContainer {
  const { state, config } = container;
  return {
    ...summaryOf(now, container),
    StartedAt: state.startedAt,
    FinishedAt: state.finishedAt,
    ExitCode: state.exitCode,
    RestartCount: state.restartCount,
    Health: state.health?.status ?? '',
    Tty: config.Tty,
  };
}

/** Without those of `--tmpfs`, which dockerd tells under `HostConfig` alone. */
export function mountPointsOf({ definition, hostConfig }: LiveContainer): MountPoint[] {
  return definition.mounts
    .filter(
      ({ type, destination }) => type !== 'tmpfs' || !(destination in (hostConfig.Tmpfs ?? {})),
    )
    .map(mountPointOf);
}

function mountPointOf(mount: ResolvedMount): MountPoint {
  return {
    Type: mount.type,
    ...(nameOf(mount) !== '' && { Name: nameOf(mount) }),
    Source: mount.hostPath,
    Destination: mount.destination,
    ...(mount.type === 'volume' && { Driver: 'local' }),
    Mode: mount.mode,
    RW: !mount.readOnly,
    Propagation: mount.propagation,
  };
}

/** Of a volume, or of an image as it was typed. */
function nameOf({ type, volumeName, source }: ResolvedMount): string {
  return type === 'image' ? source : volumeName;
}

/** Arguments with blanks are quoted. Source: moby `daemon/list.go`. */
function commandText(words: readonly string[]): string {
  const [program = '', ...args] = words;
  return [program, ...args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg))].join(' ');
}

function healthText({ health }: ContainerState): string {
  if (health === undefined) return '';
  return health.status === 'starting' ? ' (health: starting)' : ` (${health.status})`;
}

/** `Up 3 minutes`, `Exited (0) 2 hours ago`. Source: moby `container/state.go`, String. */
export function statusText({ state }: LiveContainer, nowMs: number): string {
  const since = (time: string) => humanDuration(nowMs - Date.parse(time));
  switch (state.status) {
    case 'running':
      return `Up ${since(state.startedAt)}${healthText(state)}`;
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`;
    case 'restarting':
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    case 'exited':
      return state.finishedAt === ''
        ? ''
        : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
    default:
      return state.status satisfies never;
  }
}
