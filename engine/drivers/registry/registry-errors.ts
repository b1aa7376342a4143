/**
 * A registry's refusal in Docker's words, which clients match on. Pure.
 * Source: distribution spec, "Error Codes"; moby `distribution/errors.go`.
 */
import * as z from 'zod';
import { familiarName, familiarString, type Reference } from '../../formats/reference.ts';
import { RegistryError } from '../registry.ts';

const bodySchema = z.looseObject({
  errors: z
    .array(z.looseObject({ code: z.string().default(''), message: z.string().default('') }))
    .min(1),
});
/** Docker Hub's token server speaks a form of its own. */
const detailsSchema = z.looseObject({ details: z.string().min(1) });

/** Messages of strangers are shown up to this length. */
const TEXT_LENGTH_MAX = 1000;

export interface Refusal {
  readonly status: number;
  readonly body: Buffer;
  /** The `WWW-Authenticate` header. */
  readonly challenge: string | undefined;
  readonly retryAfter: string | undefined;
}

/** The error for an answer to something that is read. */
export function pullErrorOf(refusal: Refusal, subject: Reference): RegistryError {
  const { status, retryAfter } = refusal;
  const { code, text } = reasonOf(status, refusal.body) ?? unnamed(status);
  const name = familiarName(subject);
  const error = (kind: 'not-found' | 'unauthorized' | 'internal', message: string) =>
    new RegistryError(kind, message, status, { retryAfter });
  // A token server grants a token even where it allows nothing: the registry then asks for a better one.
  const lacksScope = status === 401 && /\bbearer\b/i.test(refusal.challenge ?? '');
  if (code === 'DENIED' || status === 403 || lacksScope)
    return error(
      'not-found',
      `pull access denied for ${name}, repository does not exist or may require 'docker login': ${text}`,
    );
  if (code === 'MANIFEST_UNKNOWN')
    return error('not-found', `manifest for ${familiarString(subject)} not found: ${text}`);
  if (code === 'NAME_UNKNOWN') return error('not-found', `repository ${name} not found: ${text}`);
  if (status === 401) return error('unauthorized', text);
  return error(status === 404 ? 'not-found' : 'internal', text);
}

/** The error for an answer to something that is written, in the registry's own words. */
export function pushErrorOf(refusal: Refusal): RegistryError {
  const { status, retryAfter } = refusal;
  const { text } = reasonOf(status, refusal.body) ?? unnamed(status);
  const kind = ({ 401: 'unauthorized', 403: 'forbidden', 404: 'not-found' } as const)[status];
  return new RegistryError(kind ?? 'internal', text, status, { retryAfter });
}

/** What the body of a refusal says, as `denied: …`; undefined when it says nothing readable. */
export function reasonOf(
  status: number,
  body: Buffer,
): { readonly code: string; readonly text: string } | undefined {
  const document = parseJson(body);
  const error = bodySchema.safeParse(document).data?.errors[0];
  if (error !== undefined) {
    const label = error.code.toLowerCase().replaceAll('_', ' ');
    const text = `${label}: ${error.message || label}`.slice(0, TEXT_LENGTH_MAX);
    return { code: error.code, text };
  }
  const details = detailsSchema.safeParse(document).data?.details;
  if (details === undefined || status !== 401) return undefined;
  return { code: 'UNAUTHORIZED', text: `unauthorized: ${details}`.slice(0, TEXT_LENGTH_MAX) };
}

function unnamed(status: number): { readonly code: string; readonly text: string } {
  if (status === 429)
    return {
      code: 'TOOMANYREQUESTS',
      text: 'toomanyrequests: You have reached your pull rate limit',
    };
  // HEAD requests are refused without a word.
  if (status === 401)
    return { code: 'UNAUTHORIZED', text: 'unauthorized: authentication required' };
  if (status === 403)
    return { code: 'DENIED', text: 'denied: requested access to the resource is denied' };
  return { code: '', text: `unexpected status from the registry: ${status}` };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
