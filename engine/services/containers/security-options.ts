/**
 * `--security-opt`. Pure. Source: moby `daemon/daemon_unix.go`, parseSecurityOpt.
 */
import { EngineError } from '../../contract/errors.ts';
import { parseSeccompProfile, type SeccompProfile } from '../../formats/seccomp.ts';

export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
  readonly seccomp: 'default' | 'unconfined' | SeccompProfile;
}

/** Throws `invalid-argument` for an option that would not do what it says. */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  let noNewPrivileges = false;
  let seccomp: SecurityOptions['seccomp'] = 'default';
  for (const option of options) {
    const [, key = option, value = ''] = /^([^=:]+)[=:](.*)$/s.exec(option) ?? [];
    switch (key) {
      case 'no-new-privileges':
        noNewPrivileges = value === '' || parseFlag(option, value);
        break;
      case 'seccomp':
        seccomp =
          value === 'unconfined' || value === 'builtin'
            ? value === 'builtin'
              ? 'default'
              : 'unconfined'
            : parseSeccompProfile(value);
        break;
      case 'apparmor':
      case 'label':
      case 'systempaths':
        break; // nothing of that kind confines containers here, so there is nothing to lift
      default:
        throw new EngineError('invalid-argument', `invalid --security-opt 2: "${option}"`);
    }
  }
  return { noNewPrivileges, seccomp };
}

function parseFlag(option: string, value: string): boolean {
  if (['true', '1', 't'].includes(value.toLowerCase())) return true;
  if (['false', '0', 'f'].includes(value.toLowerCase())) return false;
  throw new EngineError('invalid-argument', `invalid --security-opt 2: "${option}"`);
}
