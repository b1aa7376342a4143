/**
 * Authorization for registries: answers a challenge with a header, fetching bearer tokens from the
 * token server the registry names and keeping them until shortly before they run out.
 * Source: distribution spec, "Token Authentication Specification" and "Oauth2 Token Authentication".
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { RegistryError, type Credentials } from '../registry.ts';
import type { Challenge } from './challenge.ts';
import { readBody, send } from './transport.ts';

const TOKEN_BYTES_MAX = 1 << 20;
const TOKENS_MAX = 200;
/** A token that states no lifetime is good for 60 s. Source: Token Authentication Specification. */
const LIFETIME_DEFAULT_S = 60;
/** Taken off each lifetime, for the time a request is under way. */
const MARGIN_S = 10;

const tokenSchema = z.looseObject({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
});

export interface Grant {
  readonly credentials: Credentials | undefined;
  /** `repository:library/busybox:pull`. */
  readonly scope: string;
  readonly isInsecure: boolean;
  readonly signal: AbortSignal;
}

export class TokenCache {
  private readonly tokens = new Map<string, { header: string; expiresAtMs: number }>();

  /** The `Authorization` value that answers a challenge. Throws `unauthorized` when refused. */
  async answer(challenge: Challenge, grant: Grant): Promise<string> {
    if (grant.credentials?.registryToken) return `Bearer ${grant.credentials.registryToken}`;
    if (challenge.scheme === 'basic') return basic(grant.credentials);
    const key = keyOf(challenge, grant);
    const kept = this.tokens.get(key);
    if (kept && kept.expiresAtMs > Date.now()) return kept.header;
    const { token, lifetimeS } = await fetchToken(challenge, grant);
    const header = `Bearer ${token}`;
    if (this.tokens.size >= TOKENS_MAX) this.tokens.clear();
    const expiresAtMs = Date.now() + Math.max(0, lifetimeS - MARGIN_S) * 1000;
    this.tokens.set(key, { header, expiresAtMs });
    return header;
  }

  /** Drops the token a registry has just refused. */
  forget(challenge: Challenge, grant: Grant): void {
    this.tokens.delete(keyOf(challenge, grant));
  }
}

function keyOf(challenge: Challenge, { credentials, scope }: Grant): string {
  const who = createHash('sha256')
    .update(JSON.stringify(credentials ?? null))
    .digest('hex');
  return [challenge.realm, challenge.service, scopeOf(challenge, scope), who].join('\n');
}

function scopeOf(challenge: Challenge, scope: string): string {
  return challenge.scope || scope;
}

function basic(credentials: Credentials | undefined): string {
  if (credentials === undefined || credentials.username === '')
    throw new RegistryError('unauthorized', 'no basic auth credentials', 401);
  const pair = `${credentials.username}:${credentials.password}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

async function fetchToken(
  challenge: Challenge,
  grant: Grant,
): Promise<{ token: string; lifetimeS: number }> {
  const response = grant.credentials?.identityToken
    ? await postForToken(challenge, grant, grant.credentials.identityToken)
    : await getToken(challenge, grant);
  const body = await readBody(response, TOKEN_BYTES_MAX);
  const status = response.statusCode ?? 0;
  if (status === 401 || status === 403)
    throw new RegistryError('unauthorized', 'unauthorized: incorrect username or password', status);
  if (status !== 200) throw new RegistryError('internal', `token server answers ${status}`, status);
  const parsed = tokenSchema.safeParse(parseJson(body));
  const token = parsed.data?.token ?? parsed.data?.access_token;
  if (!token) throw new RegistryError('internal', 'token server sends no token', status);
  return { token, lifetimeS: parsed.data?.expires_in ?? LIFETIME_DEFAULT_S };
}

async function getToken(challenge: Challenge, grant: Grant): Promise<IncomingMessage> {
  const url = realmOf(challenge);
  if (challenge.service) url.searchParams.set('service', challenge.service);
  const scope = scopeOf(challenge, grant.scope);
  if (scope) url.searchParams.set('scope', scope);
  const { credentials } = grant;
  if (credentials?.username) url.searchParams.set('account', credentials.username);
  return await send({
    url: url.href,
    isInsecure: grant.isInsecure,
    signal: grant.signal,
    ...(credentials?.username && { headers: { authorization: basic(credentials) } }),
  });
}

async function postForToken(
  challenge: Challenge,
  grant: Grant,
  refreshToken: string,
): Promise<IncomingMessage> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    service: challenge.service,
    scope: scopeOf(challenge, grant.scope),
    client_id: 'gantry',
    refresh_token: refreshToken,
  });
  return await send({
    url: realmOf(challenge).href,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    isInsecure: grant.isInsecure,
    signal: grant.signal,
  });
}

function realmOf(challenge: Challenge): URL {
  const url = URL.parse(challenge.realm);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new RegistryError('internal', `registry names no usable token server`, 401);
  return url;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
