/**
 * The `X-Registry-Auth` header: credentials as base64url JSON, padded or not. Pure.
 * Source: Docker Engine API v1.50, "Authentication".
 */
import * as z from 'zod';
import { EngineError } from '../contract/errors.ts';
import type { PullRequest } from '../services/images/pull.ts';

type Credentials = NonNullable<PullRequest['credentials']>;

const schema = z.looseObject({
  username: z.string().default(''),
  password: z.string().default(''),
  /** `user:password` in base64, as client configuration files hold it. */
  auth: z.string().default(''),
  identitytoken: z.string().default(''),
  registrytoken: z.string().default(''),
});

/** Undefined when the client is anonymous (no header, or `{}`). Throws `invalid-argument`. */
export function readCredentials(header: string | string[] | undefined): Credentials | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  const { username, password, auth, identitytoken, registrytoken } = parse(header);
  const [authName = '', ...authSecret] = Buffer.from(auth, 'base64').toString('utf8').split(':');
  const credentials: Credentials = {
    username: username || authName,
    password: password || authSecret.join(':'),
    ...(identitytoken && { identityToken: identitytoken }),
    ...(registrytoken && { registryToken: registrytoken }),
  };
  const isAnonymous = credentials.username === '' && !identitytoken && !registrytoken;
  return isAnonymous ? undefined : credentials;
}

function parse(header: string): z.output<typeof schema> {
  try {
    const text = Buffer.from(header, 'base64url').toString('utf8');
    return schema.parse(JSON.parse(text.trim() === '' ? '{}' : text));
  } catch (cause) {
    throw new EngineError('invalid-argument', 'invalid X-Registry-Auth header', { cause });
  }
}
