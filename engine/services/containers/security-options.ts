/**
 * `--security-opt`. Pure. Source: moby `daemon/daemon_unix.go`, parseSecurityOpt.
 */
import { EngineError } from '../../contract/errors.ts';
import { parseSeccompProfile, type SeccompProfile } from '../../formats/seccomp.ts';

export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
  readonly seccomp: 'default' | 'unconfined' | SeccompProfile;
  /** A profile that the host has loaded, or `unconfined`; empty when none was named. */
  readonly appArmorProfile: string;
  /** Undefined: as privileged as the container is. */
  readonly writableCgroups: boolean | undefined;
}

/**
 * Throws `invalid-argument` for an option that is none. SELinux labels are read over: they mean
 * nothing where SELinux is off, and here it is. `systempaths` is the client's own: it sends it as
 * empty lists of masked and read-only paths.
 */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  let found: SecurityOptions = {
    noNewPrivileges: false,
    seccomp: 'default',
    appArmorProfile: '',
    writableCgroups: undefined,
  };
  for (const option of options) found = { ...found, ...parseOption(option) };
  return found;
}

function parseOption(option: string): Partial<SecurityOptions> {
  if (option === 'no-new-privileges') return { noNewPrivileges: true };
  if (option === 'writable-cgroups') return { writableCgroups: true };
  if (option === 'disable') return {};
  // A colon was the separator until Docker 1.11.
  const separator = option.includes('=') ? '=' : ':';
  const end = option.indexOf(separator);
  if (end === -1) throw invalid(1, option);
  const value = option.slice(end + 1);
  switch (option.slice(0, end)) {
    case 'label':
      return {};
    case 'apparmor':
      return { appArmorProfile: value };
    case 'seccomp':
      return { seccomp: parseSeccomp(value) };
    case 'no-new-privileges':
      return { noNewPrivileges: parseFlag(option, value) };
    case 'writable-cgroups':
      return { writableCgroups: parseFlag(option, value) };
    default:
      throw invalid(2, option);
  }
}

function parseSeccomp(value: string): SecurityOptions['seccomp'] {
  if (value === '' || value === 'builtin') return 'default';
  return value === 'unconfined' ? value : parseSeccompProfile(value);
}

/** As Go's `strconv.ParseBool`. */
function parseFlag(option: string, value: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false;
  throw invalid(2, option);
}

function invalid(kind: 1 | 2, option: string): EngineError {
  return new EngineError('invalid-argument', `invalid --security-opt ${kind}: "${option}"`);
}
