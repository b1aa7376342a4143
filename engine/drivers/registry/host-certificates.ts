/**
 * Certificates for a registry's host, in Docker's layout: `<folder>/<host>[:<port>]/` holds
 * authorities as `*.crt` and client certificates as pairs of `*.cert` and `*.key`.
 * Source: Docker docs, "Verify repository client with certificates"; moby `registry.ReadCertsDirectory`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../contract/errors.ts';
import { errnoOf } from '../../host/errno.ts';
import type { Connection, Identity } from './connection.ts';

/** Reads them anew each time, so that a certificate that was put there needs no restart. */
export function readHostCertificates(
  folder: string,
  host: string,
): Pick<Connection, 'authorities' | 'identities'> {
  const path = join(folder, host);
  const names = namesIn(path).toSorted();
  const read = (name: string) => readFileSync(join(path, name), 'utf8');
  const authorities = names.filter((name) => name.endsWith('.crt')).map(read);
  const identities = names
    .filter((name) => name.endsWith('.cert'))
    .map((name): Identity => {
      const key = name.replace(/cert$/, 'key');
      if (!names.includes(key))
        throw invalid(
          `missing key ${key} for client certificate ${name}. CA certificates must use the extension .crt`,
        );
      return { certificate: read(name), key: read(key) };
    });
  const lone = names.find(
    (name) => name.endsWith('.key') && !names.includes(name.replace(/key$/, 'cert')),
  );
  if (lone !== undefined)
    throw invalid(`missing client certificate ${lone.replace(/key$/, 'cert')} for key ${lone}`);
  return { authorities, identities };
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return [];
    throw error;
  }
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
