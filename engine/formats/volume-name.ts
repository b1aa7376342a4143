/** Names of volumes. Pure. Source: moby `volume/local`, validateName. */
import { EngineError } from '../contract/errors.ts';

/** Throws `invalid-argument` with dockerd's texts. */
export function checkVolumeName(name: string): void {
  if (name.length === 1)
    throw new EngineError(
      'invalid-argument',
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
    );
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name))
    throw new EngineError(
      'invalid-argument',
      `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
}
