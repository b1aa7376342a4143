/**
 * A registry's refusal in Docker's words, which clients match on. Pure.
 * Source: distribution spec, "Error Codes"; moby `distribution/errors.go`.
 */
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { familiarName, familiarString, type Reference } from '../../formats/reference.ts';
import { RegistryError } from '../registry.ts';

const bodySchema = z.looseObject({
  errors: z
    .array(z.looseObject({ code: z.string().default(''), message: z.string().default('') }))
    .min(1),
});

/** The error for an answer that is not 200. */
export function errorOf(
  response: IncomingMessage,
  body: Buffer,
  subject: Reference,
): RegistryError {
  const status = response.statusCode ?? 0;
  const { code, text } = reasonOf(status, body);
  const name = familiarName(subject);
  // A token server grants a token even where it allows nothing: the registry then asks for a better one.
  const lacksScope = status === 401 && /^bearer/i.test(response.headers['www-authenticate'] ?? '');
  if (code === 'DENIED' || status === 403 || lacksScope)
    return new RegistryError(
      'not-found',
      `pull access denied for ${name}, repository does not exist or may require 'docker login': ${text}`,
      status,
    );
  if (code === 'MANIFEST_UNKNOWN')
    return new RegistryError(
      'not-found',
      `manifest for ${familiarString(subject)} not found: ${text}`,
      status,
    );
  if (code === 'NAME_UNKNOWN')
    return new RegistryError('not-found', `repository ${name} not found: ${text}`, status);
  if (status === 401) return new RegistryError('unauthorized', text, status);
  if (status === 404) return new RegistryError('not-found', text, status);
  return new RegistryError('internal', text, status);
}

function reasonOf(status: number, body: Buffer): { code: string; text: string } {
  const error = bodySchema.safeParse(parseJson(body)).data?.errors[0];
  if (error === undefined) {
    if (status === 429)
      return {
        code: 'TOOMANYREQUESTS',
        text: 'toomanyrequests: You have reached your pull rate limit',
      };
    return { code: '', text: `unexpected status from the registry: ${status}` };
  }
  const label = error.code.toLowerCase().replaceAll('_', ' ');
  return { code: error.code, text: `${label}: ${error.message || label}` };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
