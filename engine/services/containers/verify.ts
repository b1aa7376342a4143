/**
 * Checks of a container's configuration, before anything is made. Each throws `invalid-argument` with
 * Docker's text; what Docker only warns of is returned, and what the machine cannot do is left out.
 * Pure. Source: moby `daemon/container.go`, `daemon/daemon_unix.go`, `runconfig/hostconfig_unix.go`.
 */
import type { ContainerConfig, HostConfig } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import { parseExtraHost } from '../../formats/etc-files.ts';
import { parseLink } from '../../formats/links.ts';
import { parseLogOptions } from '../../formats/log-options.ts';
import { checkLogTag } from '../../formats/log-tag.ts';
import { parsePort, planPorts } from '../../formats/port-spec.ts';
import { parseDeviceRule } from '../../formats/runtime-spec-resources.ts';
import { parseSignal } from '../../formats/signals.ts';
import { checkSysctls } from '../../formats/sysctls.ts';
import { verifyHealthcheck } from '../health/probe-plan.ts';
import { parseSecurityOptions } from './security-options.ts';
import { verifyResources, type Facilities } from './verify-resources.ts';

const RESTART_POLICIES = new Set(['no', 'always', 'unless-stopped', 'on-failure']);
/** HOST_NAME_MAX. */
const HOSTNAME_MAX_BYTES = 64;

export interface Verified {
  /** Without the limits that the machine cannot set. */
  readonly hostConfig: HostConfig;
  readonly warnings: readonly string[];
}

/** `config` is the request's own: what the image says was checked when it was made. */
export function verifyConfig(
  config: ContainerConfig,
  hostConfig: HostConfig,
  facilities: Facilities,
): Verified {
  verifyProcess(config);
  verifyHealthcheck(config.Healthcheck);
  verifyModes(hostConfig);
  verifyNetwork(config, hostConfig);
  verifyRestartPolicy(hostConfig);
  verifyStorage(hostConfig);
  verifyLog(hostConfig, facilities);
  parseSecurityOptions(hostConfig.SecurityOpt ?? []);
  checkSysctls(hostConfig);
  verifyDevices(hostConfig);
  if (Object.hasOwn(hostConfig.Annotations ?? {}, ''))
    throw invalid('invalid Annotations: the empty string is not permitted as an annotation key');
  const limits = verifyResources(hostConfig, facilities);
  const warnings = [...limits.warnings];
  if (hostConfig.NetworkMode === 'host' && Object.keys(hostConfig.PortBindings).length > 0)
    warnings.push('Published ports are discarded when using host network mode');
  return { hostConfig: { ...hostConfig, ...limits.resources }, warnings };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}

function verifyProcess(config: ContainerConfig): void {
  if (config.WorkingDir !== '' && !config.WorkingDir.startsWith('/'))
    throw invalid(
      `the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`,
    );
  if (config.StopSignal !== undefined) parseSignal(config.StopSignal);
  for (const entry of config.Env ?? [])
    if (entry === '' || entry.startsWith('='))
      throw invalid(`invalid environment variable: ${entry}`);
  if (Buffer.byteLength(config.Hostname) > HOSTNAME_MAX_BYTES)
    throw invalid(
      `hostname "${config.Hostname}" is too long (maximum ${HOSTNAME_MAX_BYTES} bytes)`,
    );
}

function verifyModes(hostConfig: HostConfig): void {
  const { PidMode, UTSMode, IpcMode, CgroupnsMode, UsernsMode, OomScoreAdj } = hostConfig;
  if (hostConfig.Isolation !== '' && hostConfig.Isolation.toLowerCase() !== 'default')
    throw invalid(`invalid isolation (${hostConfig.Isolation}): linux only supports 'default'`);
  if (!/^(|none|private|shareable|host|container:.*)$/.test(IpcMode))
    throw invalid(`invalid IPC mode: ${IpcMode}`);
  if (!/^(|host|container:.+)$/.test(PidMode)) throw invalid(`invalid PID mode: ${PidMode}`);
  if (hostConfig.ShmSize < 0) throw invalid('SHM size can not be less than 0');
  if (!/^(|host)$/.test(UTSMode)) throw invalid(`invalid UTS mode: ${UTSMode}`);
  if (OomScoreAdj < -1000 || OomScoreAdj > 1000)
    throw invalid(`Invalid value ${OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  if (!/^(|private|host)$/.test(CgroupnsMode))
    throw invalid(`invalid cgroup namespace mode: ${CgroupnsMode}`);
  if (!/^(|host)$/.test(UsernsMode)) throw invalid(`invalid user namespace mode: ${UsernsMode}`);
}

/** What has no meaning for a container in a network that is not its own. */
function verifyNetwork(config: ContainerConfig, hostConfig: HostConfig): void {
  const { NetworkMode, UTSMode, Links, Dns, ExtraHosts, PortBindings } = hostConfig;
  const hasLinks = (Links ?? []).length > 0;
  const conflict = (what: string) => invalid(`conflicting options: ${what}`);
  if (NetworkMode === 'container' || NetworkMode.startsWith('container:')) {
    if (NetworkMode.slice('container:'.length) === '')
      throw invalid('invalid network mode: invalid container format container:<name|id>');
    if (config.Hostname !== '') throw conflict('hostname and the network mode');
    if (hasLinks)
      throw conflict(
        "container type network can't be used with links. This would result in undefined behavior",
      );
    if (Dns.length > 0) throw conflict('dns and the network mode');
    if ((ExtraHosts ?? []).length > 0)
      throw conflict('custom host-to-IP mapping and the network mode');
    if (Object.keys(PortBindings).length > 0 || hostConfig.PublishAllPorts)
      throw conflict('port publishing and the container type network mode');
    if (Object.keys(config.ExposedPorts ?? {}).length > 0)
      throw conflict('port exposing and the container type network mode');
  }
  if (UTSMode === 'host' && config.Hostname !== '') throw conflict('hostname and the UTS mode');
  if (NetworkMode === 'host' && hasLinks)
    throw conflict(
      "host type networking can't be used with links. This would result in undefined behavior",
    );
  for (const extra of ExtraHosts ?? []) parseExtraHost(extra);
  for (const link of Links ?? []) parseLink(link);
  for (const port of Object.keys(config.ExposedPorts ?? {})) parsePort(port);
  planPorts(PortBindings, Object.keys(config.ExposedPorts ?? {}), hostConfig.PublishAllPorts);
}

export function verifyRestartPolicy({
  RestartPolicy: policy,
  AutoRemove,
}: Pick<HostConfig, 'RestartPolicy' | 'AutoRemove'>): void {
  const { Name: name, MaximumRetryCount: count } = policy;
  if (AutoRemove && name !== 'no')
    throw invalid("can't create 'AutoRemove' container with restart policy");
  if (!RESTART_POLICIES.has(name))
    throw invalid(
      `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  if (count !== 0 && name !== 'on-failure')
    throw invalid(
      `invalid restart policy: maximum retry count can only be used with 'on-failure'${count < 0 ? ' and cannot be negative' : ''}`,
    );
  if (count < 0) throw invalid('invalid restart policy: maximum retry count cannot be negative');
}

function verifyLog({ LogConfig: { Type, Config } }: HostConfig, { machine }: Facilities): void {
  if (!parseLogOptions(Type, Config).isJournal) return;
  if (!machine.hasJournald)
    throw invalid('failed to initialize logging driver: journald is not enabled on this host');
  checkLogTag(Config['tag'] ?? '');
}

/** `--gpus` and its like need a driver on the host that the engine has none of. */
function verifyDevices(hostConfig: HostConfig): void {
  const { DeviceRequests: requests, Devices, DeviceCgroupRules: rules } = hostConfig;
  for (const { CgroupPermissions: mode } of Devices)
    if (!/^[rwm]*$/.test(mode)) throw invalid(`invalid device mode: ${mode}`);
  for (const rule of rules ?? []) parseDeviceRule(rule);
  for (const { Driver, Capabilities } of requests ?? []) {
    const lists = (Capabilities ?? []).map((list) => `[${list.join(' ')}]`).join(' ');
    throw invalid(`could not select device driver "${Driver}" with capabilities: [${lists}]`);
  }
}

/** Writable layers are directories: only a file system with project quotas could limit them. */
function verifyStorage({ StorageOpt: options = {} }: HostConfig): void {
  for (const name of Object.keys(options)) {
    if (name.toLowerCase() !== 'size') throw invalid(`unknown option ${name}`);
    throw invalid(
      "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
    );
  }
}
