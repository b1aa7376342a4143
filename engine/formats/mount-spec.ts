/**
 * What a container mounts, from all the ways to ask for it: `-v`, `--mount`, `--tmpfs`, the image's
 * volumes. Pure: nothing is looked up on the host.
 * Sources: Docker manual, "Bind mounts", "Volumes"; moby `volume/mounts/linux_parser.go`.
 */
import type { HostConfig, MountRequest } from '../contract/containers.ts';
import { EngineError } from '../contract/errors.ts';

export interface MountSpec {
  readonly type: 'bind' | 'volume' | 'tmpfs';
  /** Host path of a bind; name of a volume, empty for an anonymous one. */
  readonly source: string;
  /** Clean and absolute, never `/`. */
  readonly destination: string;
  readonly readOnly: boolean;
  /** `rprivate` and so on; empty is the default. */
  readonly propagation: string;
  /** As inspect shows it: the options after the second colon. */
  readonly mode: string;
  /** A bind's missing source is made (`-v`) rather than refused (`--mount`). */
  readonly createSource: boolean;
  /** A volume is not filled from the image. */
  readonly noCopy: boolean;
  /** Mount only this path of the volume. */
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

const PLAIN: Omit<MountSpec, 'type' | 'source' | 'destination'> = {
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

const PROPAGATIONS = new Set(['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']);
const LABEL_MODES = new Set(['z', 'Z']);
/** Of `docker run --tmpfs`: what a container may not do there unless it asks. */
const TMPFS_DEFAULTS = ['noexec', 'nosuid', 'nodev'];

/**
 * All mounts of a container, in order of destination depth, one for each destination: the image's
 * volumes give way to what the request says. Throws `invalid-argument` with Docker's texts.
 */
export function planMounts(
  hostConfig: Pick<HostConfig, 'Binds' | 'Mounts' | 'Tmpfs'>,
  imageVolumes: readonly string[],
  inherited: readonly MountSpec[] = [],
): MountSpec[] {
  const planned = new Map<string, MountSpec>(inherited.map((spec) => [spec.destination, spec]));
  const asked = new Set<string>();
  const add = (spec: MountSpec) => {
    if (asked.has(spec.destination))
      throw new EngineError('invalid-argument', `Duplicate mount point: ${spec.destination}`);
    asked.add(spec.destination);
    planned.set(spec.destination, spec);
  };
  for (const bind of hostConfig.Binds ?? []) add(parseBind(bind));
  for (const request of hostConfig.Mounts ?? []) add(parseMountRequest(request));
  for (const [destination, options] of Object.entries(hostConfig.Tmpfs ?? {}))
    add({
      ...PLAIN,
      type: 'tmpfs',
      source: '',
      destination: checkDestination(destination, destination),
      tmpfsOptions: mergeTmpfsOptions(options === '' ? [] : options.split(',')),
    });
  for (const volume of imageVolumes) {
    const destination = checkDestination(volume, volume);
    if (!planned.has(destination))
      planned.set(destination, { ...PLAIN, type: 'volume', source: '', destination });
  }
  return [...planned.values()].toSorted((a, b) => depthOf(a.destination) - depthOf(b.destination));
}

function depthOf(path: string): number {
  return path.split('/').length;
}

/** `/host:/in:ro`, `name:/in`, `/in`. */
export function parseBind(text: string): MountSpec {
  const parts = text.split(':');
  if (parts.length > 3 || parts.some((part) => part === '')) throw invalidSpec(text);
  const [first = '', second, mode = ''] = parts;
  if (second === undefined)
    return { ...PLAIN, type: 'volume', source: '', destination: checkDestination(first, text) };
  const isBind = first.startsWith('/');
  if (!isBind && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(first))
    throw new EngineError(
      'invalid-argument',
      `invalid volume specification: '${text}': create ${first}: "${first}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  const options = mode === '' ? [] : mode.split(',');
  checkMode(options, isBind, mode);
  const propagation = options.find((option) => PROPAGATIONS.has(option)) ?? '';
  return {
    ...PLAIN,
    type: isBind ? 'bind' : 'volume',
    source: isBind ? cleanPath(first) : first,
    destination: checkDestination(second, text),
    readOnly: options.includes('ro'),
    propagation: propagation === '' && isBind ? 'rprivate' : propagation,
    mode: isBind ? mode : mode || 'z',
    createSource: isBind,
    noCopy: options.includes('nocopy'),
  };
}

function checkMode(options: readonly string[], isBind: boolean, mode: string): void {
  let access = 0;
  let propagations = 0;
  for (const option of options) {
    if (option === 'rw' || option === 'ro') access++;
    else if (PROPAGATIONS.has(option) && isBind) propagations++;
    else if (!LABEL_MODES.has(option) && (option !== 'nocopy' || isBind))
      throw new EngineError('invalid-argument', `invalid mode: ${mode}`);
  }
  if (access > 1 || propagations > 1)
    throw new EngineError('invalid-argument', `invalid mode: ${mode}`);
}

/** One `--mount`. */
export function parseMountRequest(request: MountRequest): MountSpec {
  const { Type: type, Source: source = '', Target: target } = request;
  const refuse = (reason: string) =>
    new EngineError('invalid-argument', `invalid mount config for type "${type}": ${reason}`);
  if (target === '') throw refuse('field Target must not be empty');
  if (!target.startsWith('/'))
    throw refuse(`invalid mount path: '${target}' mount path must be absolute`);
  const destination = cleanPath(target);
  if (destination === '/') throw refuse("invalid specification: destination can't be '/'");
  const base = {
    ...PLAIN,
    source,
    destination,
    readOnly: request.ReadOnly ?? false,
    isMountRequest: true,
  };
  if (type === 'bind') return bindMount(request, base, refuse);
  if (type === 'volume') return volumeMount(request, base);
  if (type === 'tmpfs') {
    if (source !== '') throw refuse('field Source must not be specified');
    return { ...base, type, source: '', tmpfsOptions: tmpfsOptionsOf(request) };
  }
  throw new EngineError('invalid-argument', `mount type unknown: "${type}"`);
}

type Base = Omit<MountSpec, 'type'>;

function bindMount(
  { BindOptions: options, VolumeOptions: volumeOptions }: MountRequest,
  base: Base,
  refuse: (reason: string) => EngineError,
): MountSpec {
  if (base.source === '') throw refuse('field Source must not be empty');
  if (!base.source.startsWith('/'))
    throw refuse(`invalid mount path: '${base.source}' mount path must be absolute`);
  if (volumeOptions !== undefined) throw refuse('field VolumeOptions must not be specified');
  const propagation = options?.Propagation ?? '';
  if (propagation !== '' && !PROPAGATIONS.has(propagation))
    throw refuse(`invalid propagation mode: ${propagation}`);
  return {
    ...base,
    type: 'bind',
    source: cleanPath(base.source),
    propagation: propagation || 'rprivate',
    createSource: options?.CreateMountpoint ?? false,
    nonRecursive: options?.NonRecursive ?? false,
  };
}

function volumeMount({ VolumeOptions: options }: MountRequest, base: Base): MountSpec {
  return {
    ...base,
    type: 'volume',
    mode: base.source === '' ? '' : 'z',
    noCopy: options?.NoCopy ?? false,
    subpath: options?.Subpath ?? '',
    ...(options?.Labels && { volumeLabels: options.Labels }),
    ...(options?.DriverConfig?.Name && { volumeDriver: options.DriverConfig.Name }),
    ...(options?.DriverConfig?.Options && { volumeDriverOptions: options.DriverConfig.Options }),
  };
}

function tmpfsOptionsOf({ TmpfsOptions: options, ReadOnly: readOnly }: MountRequest): string[] {
  const wanted: string[] = [];
  if (readOnly) wanted.push('ro');
  if (options?.Mode) wanted.push(`mode=${options.Mode.toString(8)}`);
  if (options?.SizeBytes) wanted.push(`size=${options.SizeBytes}`);
  for (const pair of options?.Options ?? []) wanted.push(pair.join('='));
  return mergeTmpfsOptions(wanted);
}

/** `exec` takes `noexec` away, and so on; a key given twice counts once, the last one. */
function mergeTmpfsOptions(wanted: readonly string[]): string[] {
  const opposite = (option: string) => (option.startsWith('no') ? option.slice(2) : `no${option}`);
  const kept = TMPFS_DEFAULTS.filter((option) => !wanted.includes(opposite(option)));
  const byKey = new Map([...kept, ...wanted].map((option) => [option.split('=', 1)[0], option]));
  return [...byKey.values()];
}

function checkDestination(path: string, spec: string): string {
  if (!path.startsWith('/'))
    throw new EngineError(
      'invalid-argument',
      `invalid volume specification: '${spec}': invalid mount path: '${path}' mount path must be absolute`,
    );
  const clean = cleanPath(path);
  if (clean === '/')
    throw new EngineError(
      'invalid-argument',
      `invalid volume specification: '${spec}': invalid specification: destination can't be '/'`,
    );
  return clean;
}

function invalidSpec(text: string): EngineError {
  return new EngineError('invalid-argument', `invalid volume specification: '${text}'`);
}

/** `/a//b/../c/` → `/a/c`; the path is absolute. Source: Go `path.Clean`. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
