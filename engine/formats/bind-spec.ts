/**
 * `-v`: `/host:/in:ro`, `name:/in`, `/in`, and the modes after the second colon. Pure.
 * Source: moby `volume/mounts/linux_parser.go`, ParseMountRaw.
 */
import { EngineError, messageOf } from '../contract/errors.ts';
import { checkDestination, cleanPath } from './mount-paths.ts';
import type { MountSpec } from './mount-spec.ts';
import { checkVolumeName } from './volume-name.ts';

const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
/** Each kind at most once. Consistency means nothing on Linux. */
const KINDS: readonly (readonly string[])[] = [
  ['rw', 'ro'],
  ['z', 'Z'],
  PROPAGATIONS,
  ['nocopy'],
  ['consistent', 'cached', 'delegated'],
];

export function isPropagation(text: string): boolean {
  return PROPAGATIONS.includes(text);
}

/** Throws `invalid-argument` with Docker's texts. */
export function parseBind(text: string, volumeDriver = ''): MountSpec {
  const parts = text.split(':');
  const [first = '', second, mode = ''] = parts;
  // `/in:ro` is a destination with a mode, which an anonymous volume cannot have.
  if (parts.length > 3 || first === '' || (parts.length === 2 && isMode(second ?? '')))
    throw invalidSpec(text);
  if (!isMode(mode)) throw new EngineError('invalid-argument', `invalid mode: ${mode}`);
  const source = second === undefined ? '' : first;
  const type = source.startsWith('/') ? 'bind' : 'volume';
  const options = mode.split(',');
  const refuse = (why: string) =>
    invalidSpec(text, `invalid mount config for type "${type}": ${why}`);
  const propagation = options.find(isPropagation) ?? '';
  const destination = destinationOf(second ?? first, refuse);
  if (type === 'bind' && options.includes('nocopy'))
    throw refuse('field VolumeOptions must not be specified');
  if (type === 'volume' && propagation !== '')
    throw refuse('field BindOptions must not be specified');
  if (type === 'volume' && source !== '') checkVolumeName(source);
  return {
    type,
    source: type === 'bind' ? cleanPath(source) : source,
    destination,
    readOnly: options.includes('ro'),
    propagation,
    mode: type === 'bind' ? mode : mode || 'z',
    createSource: type === 'bind',
    noCopy: options.includes('nocopy'),
    subpath: '',
    nonRecursive: false,
    tmpfsOptions: [],
    isMountRequest: false,
    ...(type === 'volume' && volumeDriver !== '' && { volumeDriver }),
  };
}

function isMode(text: string): boolean {
  const options = text === '' ? [] : text.split(',');
  return (
    options.every((option) => KINDS.some((kind) => kind.includes(option))) &&
    KINDS.every((kind) => options.filter((option) => kind.includes(option)).length <= 1)
  );
}

function destinationOf(path: string, refuse: (why: string) => EngineError): string {
  try {
    return checkDestination(path);
  } catch (error) {
    throw refuse(messageOf(error));
  }
}

function invalidSpec(text: string, why?: string): EngineError {
  return new EngineError(
    'invalid-argument',
    `invalid volume specification: '${text}'${why === undefined ? '' : `: ${why}`}`,
  );
}

export interface VolumesFrom {
  /** Name or id of the container whose volumes are shared. */
  readonly container: string;
  readonly readOnly: boolean;
}

/** `--volumes-from name[:mode]`. Throws `invalid-argument`. */
export function parseVolumesFrom(text: string): VolumesFrom {
  if (text === '')
    throw new EngineError(
      'invalid-argument',
      'volumes-from specification cannot be an empty string',
    );
  const colon = text.indexOf(':');
  const mode = colon === -1 ? '' : text.slice(colon + 1);
  const options = mode.split(',');
  if (!isMode(mode) || options.some((it) => isPropagation(it) || it === 'nocopy'))
    throw new EngineError('invalid-argument', `invalid mode: ${mode}`);
  return {
    container: colon === -1 ? text : text.slice(0, colon),
    readOnly: options.includes('ro'),
  };
}
