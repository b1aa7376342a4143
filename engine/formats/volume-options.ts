/**
 * Options of the `local` volume driver: a file system to be mounted while the volume is used. Pure.
 * Source: Docker manual, `docker volume create`, "Driver-specific options"; moby `volume/local`.
 */
import { EngineError } from '../contract/errors.ts';
import { parseBinaryBytes } from './byte-sizes.ts';

export type VolumeOptions = Readonly<Record<string, string>>;

export interface VolumeMount {
  readonly type: string;
  readonly device: string;
  /** As mount(8) takes them; may be empty. */
  readonly options: string;
}

const NAMES = ['type', 'o', 'device', 'size'];
const NEEDS: readonly (readonly [option: string, others: readonly string[]])[] = [
  ['device', ['type']],
  ['type', ['device']],
  ['o', ['device', 'type']],
];

/** Throws `invalid-argument` with dockerd's texts. */
export function checkVolumeOptions(volume: string, options: VolumeOptions): void {
  const refuse = (why: string) => new EngineError('invalid-argument', `create ${volume}: ${why}`);
  for (const name of Object.keys(options))
    if (!NAMES.includes(name)) throw refuse(`invalid option: "${name}"`);
  const { size } = options;
  if (size !== undefined) {
    const bytes = parseBinaryBytes(size);
    if (bytes === undefined) throw refuse(`invalid size: '${size}'`);
    // Volumes are directories: only a file system with project quotas could limit them.
    if (bytes > 0) throw refuse('quota size requested but no quota support');
  }
  for (const [name, others] of NEEDS)
    for (const other of others)
      if (name in options && !(other in options))
        throw refuse(`missing required option: "${other}"`);
}

/** What is to be mounted; undefined for a volume that is a plain directory. */
export function volumeMountOf(options: VolumeOptions | undefined): VolumeMount | undefined {
  const { type = '', device = '', o = '' } = options ?? {};
  return type === '' && device === '' ? undefined : { type, device, options: o };
}

/** The name of a server in `addr=`, unless it is an address; kernels resolve none. */
export function serverNameOf({ type, options }: VolumeMount): string | undefined {
  if (type !== 'nfs' && type !== 'nfs4' && type !== 'cifs') return undefined;
  const address = /(?:^|,)addr=([^,]*)/.exec(options)?.[1];
  return address && !/^[\d.]+$|:/.test(address) ? address : undefined;
}

/** Without a password, for messages. */
export function withoutPassword(text: string): string {
  return text.replaceAll(/password=[^,\s]*/g, 'password=********');
}
