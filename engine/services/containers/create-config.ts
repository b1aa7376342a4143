/**
 * The configuration a container is made with: the request over the image, defaults filled in. Pure.
 * Source: moby `daemon/commit.go` (merge), `daemon/container.go`, `daemon_unix.go` (defaults).
 */
import {
  DEFAULT_MASKED_PATHS,
  DEFAULT_READONLY_PATHS,
  DEFAULT_SHM_SIZE_BYTES,
  type ContainerConfig,
  healthConfig,
  type HealthConfig,
  type HostConfig,
} from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import type { ImageRunConfig } from '../images/image.ts';

/** The image's values under the request's. Throws `invalid-argument` when there is nothing to run. */
export function mergeConfig(request: ContainerConfig, image: ImageRunConfig): ContainerConfig {
  // An entrypoint of one's own makes the image's arguments meaningless.
  const ownEntrypoint = request.Entrypoint !== null && request.Entrypoint.length > 0;
  // `--entrypoint ""` arrives as [""] and takes the image's entrypoint away.
  const clearsEntrypoint = request.Entrypoint?.length === 1 && request.Entrypoint[0] === '';
  const hasCommand = request.Cmd !== null && request.Cmd.length > 0;
  const imageCmd = image.Cmd && image.Cmd.length > 0 ? [...image.Cmd] : null;
  const Cmd = hasCommand ? request.Cmd : ownEntrypoint && !clearsEntrypoint ? null : imageCmd;
  const Entrypoint = clearsEntrypoint
    ? null
    : ownEntrypoint
      ? request.Entrypoint
      : image.Entrypoint && image.Entrypoint.length > 0
        ? [...image.Entrypoint]
        : null;
  const exposed = { ...image.ExposedPorts, ...request.ExposedPorts } as Record<string, object>;
  const volumes = { ...image.Volumes, ...request.Volumes } as Record<string, object>;
  const merged: ContainerConfig = {
    ...request,
    User: request.User || (image.User ?? ''),
    ExposedPorts: Object.keys(exposed).length > 0 ? toSet(exposed) : undefined,
    Env: mergeEnvironment(request.Env ?? [], image.Env ?? []),
    Cmd: clearsEntrypoint && !hasCommand ? null : Cmd,
    Entrypoint,
    Healthcheck: mergeHealth(request.Healthcheck, healthConfig.safeParse(image.Healthcheck).data),
    Volumes: Object.keys(volumes).length > 0 ? toSet(volumes) : null,
    WorkingDir: request.WorkingDir || (image.WorkingDir ?? ''),
    Labels: { ...image.Labels, ...request.Labels },
    StopSignal: request.StopSignal || image.StopSignal || undefined,
    Shell: request.Shell ?? (image.Shell ? [...image.Shell] : undefined),
  };
  if (commandOf(merged).length === 0)
    throw new EngineError('invalid-argument', 'no command specified');
  return merged;
}

function toSet(source: Record<string, object>): Record<string, Record<string, never>> {
  return Object.fromEntries(Object.keys(source).map((key) => [key, {}]));
}

/** Program and arguments. */
export function commandOf(config: Pick<ContainerConfig, 'Entrypoint' | 'Cmd'>): string[] {
  return [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
}

/** The request's variables, then those of the image that it does not name. */
function mergeEnvironment(request: readonly string[], image: readonly string[]): string[] {
  const nameOf = (entry: string) => entry.split('=', 1)[0];
  const named = new Set(request.map(nameOf));
  return [...request, ...image.filter((entry) => !named.has(nameOf(entry)))];
}

function mergeHealth(
  request: HealthConfig | undefined,
  image: HealthConfig | undefined,
): HealthConfig | undefined {
  if (request === undefined) return image;
  if (image === undefined) return request;
  return {
    Test: request.Test && request.Test.length > 0 ? request.Test : image.Test,
    Interval: request.Interval || image.Interval,
    Timeout: request.Timeout || image.Timeout,
    StartPeriod: request.StartPeriod || image.StartPeriod,
    StartInterval: request.StartInterval || image.StartInterval,
    Retries: request.Retries || image.Retries,
  };
}

export interface HostDefaults {
  readonly runtime: string;
  readonly cgroupVersion: 1 | 2;
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
  readonly shmSizeBytes: number;
  readonly extraMaskedPaths: readonly string[];
}

/** The request with everything filled in that dockerd would fill in. */
export function fillHostConfig(request: HostConfig, defaults: HostDefaults): HostConfig {
  const { Privileged, Memory, MemorySwap } = request;
  const maskedPaths = [...DEFAULT_MASKED_PATHS, ...defaults.extraMaskedPaths];
  return {
    ...request,
    LogConfig: fillLogConfig(request.LogConfig, defaults),
    IpcMode: request.IpcMode || 'private',
    CgroupnsMode: request.CgroupnsMode || (defaults.cgroupVersion === 1 ? 'host' : 'private'),
    ShmSize: request.ShmSize === DEFAULT_SHM_SIZE_BYTES ? defaults.shmSizeBytes : request.ShmSize,
    Runtime: request.Runtime || defaults.runtime,
    SecurityOpt: securityOptionsOf(request),
    // As dockerd: twice the memory unless said otherwise.
    MemorySwap: Memory > 0 && MemorySwap === 0 ? Memory * 2 : MemorySwap,
    // Both 0 and -1 stand for no limit, which inspect shows as null.
    PidsLimit: request.PidsLimit !== null && request.PidsLimit > 0 ? request.PidsLimit : null,
    OomKillDisable: request.OomKillDisable ?? (defaults.cgroupVersion === 1 ? false : null),
    MaskedPaths: request.MaskedPaths ?? (Privileged ? null : maskedPaths),
    ReadonlyPaths: request.ReadonlyPaths ?? (Privileged ? null : [...DEFAULT_READONLY_PATHS]),
  };
}

/** What shares the host's processes is not told apart by labels. Source: moby `generateSecurityOpt`. */
function securityOptionsOf(request: HostConfig): string[] | null {
  const { SecurityOpt, Privileged, IpcMode, PidMode } = request;
  if (SecurityOpt !== null && SecurityOpt.length > 0) return SecurityOpt;
  return Privileged || IpcMode === 'host' || PidMode === 'host' ? ['label=disable'] : SecurityOpt;
}

/** The engine's options go with the engine's driver, whether that was named or not. */
function fillLogConfig(
  { Type: type, Config: options }: HostConfig['LogConfig'],
  { logDriver, logOptions }: HostDefaults,
): HostConfig['LogConfig'] {
  const driver = type || logDriver;
  return { Type: driver, Config: { ...(driver === logDriver && logOptions), ...options } };
}
