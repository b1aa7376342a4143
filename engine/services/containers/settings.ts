/** What containers may have by default, from the engine's configuration and its own privileges. */
import type { Config } from '../../config.ts';
import { DEFAULT_SHM_SIZE_BYTES } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import { parseBinaryBytes } from '../../formats/byte-sizes.ts';
import type { Privileges } from '../../host/privileges.ts';
import type { ContainerSettings } from './context.ts';

/** Static programs, so that they run in an image without a C library. Best first. */
const INIT_PROGRAMS = [
  '/usr/bin/docker-init',
  '/usr/libexec/docker/docker-init',
  '/usr/bin/tini-static',
  '/usr/bin/catatonit',
  '/usr/libexec/podman/catatonit',
];

export interface SettingsFacts {
  readonly privileges: Privileges;
  /** Of this engine alone, `/gantry-<tag>`. */
  readonly cgroupParent: string;
  /** Text of the file that `--seccomp-profile` names, or what it says itself. */
  readonly seccompProfile: string;
  readonly extraMaskedPaths: readonly string[];
}

/** Throws `invalid-argument` for options that make no sense. */
export function containerSettings(
  config: Pick<
    Config,
    | 'defaultUlimits'
    | 'defaultShmSize'
    | 'logDriver'
    | 'logOptions'
    | 'initPath'
    | 'dns'
    | 'dnsSearch'
    | 'dnsOptions'
  >,
  facts: SettingsFacts,
): ContainerSettings {
  return {
    cgroupParent: facts.cgroupParent,
    capabilities: facts.privileges.capabilities,
    hardLimits: facts.privileges.hardLimits,
    defaultUlimits: config.defaultUlimits.map(parseUlimit),
    defaultLogDriver: config.logDriver,
    defaultLogOptions: config.logOptions,
    defaultShmSizeBytes: parseBytes(config.defaultShmSize),
    seccompProfile: facts.seccompProfile,
    initPaths: config.initPath === '' ? INIT_PROGRAMS : [config.initPath],
    extraMaskedPaths: facts.extraMaskedPaths,
    dns: config.dns,
    dnsSearch: config.dnsSearch,
    dnsOptions: config.dnsOptions,
  };
}

/** `nofile=1024:2048`, `nproc=100`. */
function parseUlimit(text: string): { Name: string; Soft: number; Hard: number } {
  const match = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
  if (match === null) throw new EngineError('invalid-argument', `invalid ulimit argument: ${text}`);
  const [, name = '', soft = '0', hard = soft] = match;
  return { Name: name, Soft: Number(soft), Hard: Number(hard) };
}

/** `64M` */
function parseBytes(text: string): number {
  if (text === '') return DEFAULT_SHM_SIZE_BYTES;
  const bytes = parseBinaryBytes(text);
  if (bytes === undefined) throw new EngineError('invalid-argument', `invalid size: '${text}'`);
  return bytes;
}
