/**
 * Linux capabilities of a container: the default fourteen, changed by `--cap-add` and `--cap-drop`.
 * Pure. Sources: capabilities(7); moby `oci/caps`.
 */
import { EngineError } from '../contract/errors.ts';

/** In order of their numbers, CAP_CHOWN = 0. Source: linux/capability.h. */
export const CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
];

export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

/** The set a hexadecimal mask stands for, as `CapBnd` of /proc/self/status shows it. */
export function capabilitiesOfMask(hex: string): string[] {
  const mask = BigInt(`0x${hex.trim() || '0'}`);
  return CAPABILITIES.filter((_name, number) => (mask >> BigInt(number)) & 1n);
}

export interface CapabilityWish {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly privileged: boolean;
}

/**
 * What the container gets. `available` is what the engine itself may hand on: asking for one that it
 * lacks is an error, `ALL` and privileged mean all of those. Throws `invalid-argument`.
 */
export function resolveCapabilities(
  wish: CapabilityWish,
  available: readonly string[],
): readonly string[] {
  const added = wish.add.map((name) => normalize(name, 'CapAdd'));
  const drop = wish.drop.map((name) => normalize(name, 'CapDrop'));
  if (wish.privileged) return available;
  const add = added.map((name) => requireAvailable(name, available));
  if (add.includes('ALL')) return available.filter((name) => !drop.includes(name));
  if (drop.includes('ALL')) return unique(add);
  const kept = DEFAULT_CAPABILITIES.filter(
    (name) => available.includes(name) && !drop.includes(name),
  );
  return unique([...kept, ...add]);
}

function normalize(text: string, field: 'CapAdd' | 'CapDrop'): string {
  const upper = text.toUpperCase();
  if (upper === 'ALL') return upper;
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (CAPABILITIES.includes(name)) return name;
  throw new EngineError('invalid-argument', `invalid ${field}: unknown capability: "${name}"`);
}

function requireAvailable(name: string, available: readonly string[]): string {
  if (name === 'ALL' || available.includes(name)) return name;
  throw new EngineError(
    'invalid-argument',
    `invalid CapAdd: capability not supported by your kernel or not available in the current environment: "${name}"`,
  );
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
