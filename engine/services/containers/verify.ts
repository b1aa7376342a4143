/**
 * Checks of a container's configuration, before anything is made. Each throws `invalid-argument` with
 * Docker's text; what Docker only warns of is returned. Pure.
 * Source: moby `daemon/container.go`, `daemon/daemon_unix.go` (verifyPlatformContainerResources).
 */
import type { ContainerConfig, HostConfig } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import { parseLogOptions } from '../../formats/log-options.ts';
import { parseSignal } from '../../formats/signals.ts';
import type { Cgroups } from '../../host/cgroups.ts';
import type { Machine } from '../../host/machine.ts';
import { verifyHealthcheck } from '../health/probe-plan.ts';
import { parseSecurityOptions } from './security-options.ts';

const MINIMUM_MEMORY_BYTES = 6 * 1024 * 1024;
const RESTART_POLICIES = new Set(['no', 'always', 'unless-stopped', 'on-failure']);

/** What this machine has. */
export interface Facilities {
  readonly cgroups: Cgroups;
  readonly machine: Machine;
}

/** Returns warnings. */
export function verifyConfig(
  config: ContainerConfig,
  hostConfig: HostConfig,
  facilities: Facilities,
): string[] {
  verifyProcess(config);
  verifyHealthcheck(config.Healthcheck);
  verifyModes(hostConfig);
  verifyRestartPolicy(hostConfig);
  parseLogOptions(hostConfig.LogConfig.Type, hostConfig.LogConfig.Config);
  parseSecurityOptions(hostConfig.SecurityOpt ?? []);
  return [
    ...verifyMemory(hostConfig, facilities.cgroups),
    ...verifyCpu(hostConfig, facilities),
    ...(hostConfig.NetworkMode === 'host' && Object.keys(hostConfig.PortBindings).length > 0
      ? ['Published ports are discarded when using host network mode']
      : []),
  ];
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
  if (config.Hostname.length > 63) throw invalid(`invalid hostname format: ${config.Hostname}`);
}

function verifyModes(hostConfig: HostConfig): void {
  const { PidMode, UTSMode, IpcMode, CgroupnsMode, UsernsMode, NetworkMode } = hostConfig;
  if (!/^(|host|container:.+)$/.test(PidMode)) throw invalid(`invalid PID mode: ${PidMode}`);
  if (!/^(|host)$/.test(UTSMode)) throw invalid(`invalid UTS mode: ${UTSMode}`);
  if (!/^(none|private|shareable|host|container:.+)$/.test(IpcMode))
    throw invalid(`invalid IPC mode: ${IpcMode}`);
  if (!/^(private|host)$/.test(CgroupnsMode))
    throw invalid(`invalid cgroup namespace mode: ${CgroupnsMode}`);
  if (!/^(|host)$/.test(UsernsMode)) throw invalid(`invalid user namespace mode: ${UsernsMode}`);
  if (hostConfig.ShmSize < 0) throw invalid('SHM size can not be less than 0');
  const sharesNetwork = NetworkMode.startsWith('container:');
  if (sharesNetwork && Object.keys(hostConfig.PortBindings).length > 0)
    throw invalid('conflicting options: port publishing and the container type network mode');
  if (hostConfig.DeviceRequests && hostConfig.DeviceRequests.length > 0)
    throw invalid(
      `could not select device driver "${hostConfig.DeviceRequests[0]?.Driver ?? ''}" with capabilities: ${JSON.stringify(hostConfig.DeviceRequests[0]?.Capabilities ?? [])}`,
    );
  for (const { Name, Soft, Hard } of hostConfig.Ulimits)
    if (Hard !== -1 && Soft > Hard)
      throw invalid(
        `ulimit soft limit must be less than or equal to hard limit: ${Name} ${Soft} > ${Hard}`,
      );
}

function verifyRestartPolicy({ RestartPolicy: policy, AutoRemove }: HostConfig): void {
  const { Name: name, MaximumRetryCount: count } = policy;
  if (!RESTART_POLICIES.has(name))
    throw invalid(
      `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  if (count !== 0 && name !== 'on-failure')
    throw invalid("invalid restart policy: maximum retry count can only be used with 'on-failure'");
  if (count < 0) throw invalid('invalid restart policy: maximum retry count cannot be negative');
  if (AutoRemove && name !== 'no')
    throw invalid("can't create 'AutoRemove' container with restart policy");
}

function verifyMemory(hostConfig: HostConfig, cgroups: Cgroups): string[] {
  const { Memory, MemorySwap, MemoryReservation, OomScoreAdj } = hostConfig;
  if (Memory !== 0 && Memory < MINIMUM_MEMORY_BYTES)
    throw invalid('Minimum memory limit allowed is 6MB');
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory)
    throw invalid('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (Memory === 0 && MemorySwap > 0)
    throw invalid('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (Memory > 0 && MemoryReservation > Memory)
    throw invalid('Minimum memory limit can not be less than memory reservation limit, see usage');
  if (OomScoreAdj < -1000 || OomScoreAdj > 1000)
    throw invalid(`Invalid value ${OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  const warnings: string[] = [];
  if (Memory > 0 && !cgroups.memoryLimit)
    warnings.push(
      'Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.',
    );
  if (hostConfig.MemorySwappiness !== null && cgroups.version === 2)
    warnings.push(
      'Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.',
    );
  if (hostConfig.OomKillDisable && Memory === 0)
    warnings.push(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    );
  return warnings;
}

function verifyCpu(hostConfig: HostConfig, { cgroups, machine }: Facilities): string[] {
  const { NanoCpus, CpuPeriod, CpuQuota, PidsLimit, BlkioWeight } = hostConfig;
  if (NanoCpus > 0 && (CpuPeriod > 0 || CpuQuota > 0))
    throw invalid(
      `Conflicting options: Nano CPUs and CPU ${CpuPeriod > 0 ? 'Period' : 'Quota'} cannot both be set`,
    );
  if (NanoCpus < 0 || NanoCpus > machine.cpuCount * 1e9)
    throw invalid(
      `range of CPUs is from 0.01 to ${machine.cpuCount}.00, as there are only ${machine.cpuCount} CPUs available`,
    );
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000))
    throw invalid(
      'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
    );
  if (CpuQuota > 0 && CpuQuota < 1000)
    throw invalid('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  if (BlkioWeight > 0 && (BlkioWeight < 10 || BlkioWeight > 1000))
    throw invalid('Range of blkio weight is from 10 to 1000');
  return PidsLimit !== null && PidsLimit !== 0 && !cgroups.pidsLimit
    ? [
        'Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.',
      ]
    : [];
}
