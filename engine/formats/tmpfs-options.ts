/**
 * Options of a tmpfs in a container. Pure.
 * Sources: tmpfs(5), mount(8); moby `volume/mounts/linux_parser.go`, moby/sys `mount`,
 * MergeTmpfsOptions.
 */
import { EngineError } from '../contract/errors.ts';

/** What a container may not do there unless it asks. */
const DEFAULTS = ['noexec', 'nosuid', 'nodev'];

const FLAGS = new Set(
  `defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime
   noatime diratime nodiratime bind rbind unbindable runbindable private rprivate shared rshared slave
   rslave relatime norelatime strictatime nostrictatime`.split(/\s+/),
);
const VALUES = new Set(['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol']);

/**
 * What is asked for, over the defaults: `exec` takes `noexec` away, and so on; of a key given twice
 * the last one counts. Throws `invalid-argument` with dockerd's text for an option that is none.
 */
export function planTmpfsOptions(wanted: readonly string[]): string[] {
  for (const option of wanted) checkOption(option);
  const opposite = (option: string) => (option.startsWith('no') ? option.slice(2) : `no${option}`);
  const kept = DEFAULTS.filter((option) => !wanted.includes(opposite(option)));
  const byKey = new Map([...kept, ...wanted].map((option) => [option.split('=', 1)[0], option]));
  return [...byKey.values()];
}

function checkOption(option: string): void {
  const [name = '', ...value] = option.split('=');
  if (value.length === 0 ? FLAGS.has(name) : VALUES.has(name)) return;
  const parts = [name, ...(value.length > 0 ? [value.join('=')] : [])];
  throw new EngineError(
    'invalid-argument',
    `invalid tmpfs option [${parts.map((part) => `"${part}"`).join(' ')}]`,
  );
}

export interface TmpfsRequest {
  readonly SizeBytes?: number | undefined;
  /** Plain permission bits. */
  readonly Mode?: number | undefined;
  readonly Options?: readonly (readonly string[])[] | undefined;
}

/** The options of a `--mount type=tmpfs`. Throws `invalid-argument`. */
export function tmpfsRequestOptions(request: TmpfsRequest = {}, readOnly = false): string[] {
  const further = (request.Options ?? []).map((parts) => {
    if (parts.length < 1 || parts.length > 2)
      throw new EngineError('invalid-argument', 'invalid option array length');
    if (parts[0] !== 'exec' && parts[0] !== 'noexec')
      throw new EngineError('invalid-argument', `invalid option: ${parts[0]}`);
    return parts.join('=');
  });
  return planTmpfsOptions([
    ...(readOnly ? ['ro'] : []),
    ...(request.Mode ? [`mode=${request.Mode.toString(8)}`] : []),
    ...(request.SizeBytes ? [`size=${request.SizeBytes}`] : []),
    ...further,
  ]);
}
