/**
 * The `X-Registry-Auth` and `X-Registry-Config` headers: credentials as base64url JSON, padded or
 * not. Pure.
 * Source: Docker Engine API v1.50, "Authentication" and ImageBuild.
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
  return credentialsOf(parse(header, 'X-Registry-Auth', schema));
}

/** Credentials for several registries, by domain (`docker.io`). Throws `invalid-argument`. */
export function readCredentialsByDomain(
  header: string | string[] | undefined,
): ReadonlyMap<string, Credentials> {
  const byDomain = new Map<string, Credentials>();
  if (typeof header !== 'string' || header === '') return byDomain;
  const all = parse(header, 'X-Registry-Config', z.record(z.string(), schema));
  for (const [address, auth] of Object.entries(all)) {
    const credentials = credentialsOf(auth);
    if (credentials !== undefined) byDomain.set(domainOf(address), credentials);
  }
  return byDomain;
}

/** Client configuration files know Docker Hub as `https://index.docker.io/v1/`. */
function domainOf(address: string): string {
  const host = address.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
  return host === 'index.docker.io' ? 'docker.io' : host;
}

function credentialsOf(auth: z.output<typeof schema>): Credentials | undefined {
  const { username, password, auth: pair, identitytoken, registrytoken } = auth;
  const [authName = '', ...authSecret] = Buffer.from(pair, 'base64').toString('utf8').split(':');
  const credentials: Credentials = {
    username: username || authName,
    password: password || authSecret.join(':'),
    ...(identitytoken && { identityToken: identitytoken }),
    ...(registrytoken && { registryToken: registrytoken }),
  };
  const isAnonymous = credentials.username === '' && !identitytoken && !registrytoken;
  return isAnonymous ? undefined : credentials;
}

function parse<T extends z.ZodType>(header: string, name: string, form: T): z.output<T> {
  try {
    const text = Buffer.from(header, 'base64url').toString('utf8');
    return form.parse(JSON.parse(text.trim() === '' ? '{}' : text));
  } catch (cause) {
    throw new EngineError('invalid-argument', `invalid ${name} header`, { cause });
  }
}
