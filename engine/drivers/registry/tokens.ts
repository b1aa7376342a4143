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
import type { Connection } from './connection.ts';
import { reasonOf } from './registry-errors.ts';
import { unionOfScopes } from './scopes.ts';
import { readBody, send } from './transport.ts';

const TOKEN_BYTES_MAX = 1 << 20;
const TOKENS_MAX = 200;
/** A token that states no lifetime is good for 60 s. Source: Token Authentication Specification. */
const LIFETIME_DEFAULT_S = 60;
/** Taken off each lifetime, for the time a request is under way. */
const MARGIN_S = 10;
/** As token servers know clients of Docker's kind. */
const CLIENT_ID = 'docker';

const tokenSchema = z.looseObject({
  token: z.string().optional(),
  access_token: z.string().optional(),
  refresh_token: z.string().optional(),
  expires_in: z.number().optional(),
});

export interface Grant {
  readonly credentials: Credentials | undefined;
  /** `repository:library/busybox:pull`, besides what the challenge names. */
  readonly scopes: readonly string[];
  /** The registry that asks; it decides where the credentials go. */
  readonly registry: URL;
  readonly connection: Connection;
  /** True for hosts that may be reached without TLS. */
  readonly mayBePlain: (host: string) => boolean;
  readonly signal: AbortSignal;
}

export interface FetchedToken {
  readonly token: string;
  readonly lifetimeS: number;
  /** What takes the place of the password from now on; only where it was asked for. */
  readonly identityToken: string;
}

export class TokenCache {
  private readonly tokens = new Map<string, { header: string; expiresAtMs: number }>();

  /** The `Authorization` value that answers a challenge. Throws `unauthorized` when refused. */
  async answer(challenge: Challenge, grant: Grant): Promise<string> {
    if (grant.credentials?.registryToken) return `Bearer ${grant.credentials.registryToken}`;
    if (challenge.scheme === 'basic') return basicAuthorization(grant.credentials);
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

function keyOf(challenge: Challenge, grant: Grant): string {
  const who = createHash('sha256')
    .update(JSON.stringify(grant.credentials ?? null))
    .digest('hex');
  return [challenge.realm, challenge.service, ...scopesOf(challenge, grant), who].join('\n');
}

function scopesOf(challenge: Challenge, grant: Grant): string[] {
  return unionOfScopes([challenge.scope, ...grant.scopes]);
}

/** Throws Docker's `no basic auth credentials`. */
export function basicAuthorization(credentials: Credentials | undefined): string {
  if (credentials === undefined || credentials.username === '')
    throw new RegistryError('unauthorized', 'no basic auth credentials', 401);
  const pair = `${credentials.username}:${credentials.password}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

/** Asks the token server; `offline`: for an identity token as well, as a login does. */
export async function fetchToken(
  challenge: Challenge,
  grant: Grant,
  { offline }: { offline: boolean } = { offline: false },
): Promise<FetchedToken> {
  const realm = realmOf(challenge, grant);
  const response = grant.credentials?.identityToken
    ? await postForToken(realm, challenge, grant, grant.credentials.identityToken)
    : await getToken(realm, challenge, grant, offline);
  const body = await readBody(response, TOKEN_BYTES_MAX, "the token server's answer");
  const status = response.statusCode ?? 0;
  if (status === 401 || status === 403)
    throw new RegistryError(
      'unauthorized',
      reasonOf(status, body)?.text ?? 'unauthorized: incorrect username or password',
      status,
    );
  if (status !== 200) throw new RegistryError('internal', `token server answers ${status}`, status);
  const parsed = tokenSchema.safeParse(parseJson(body)).data;
  const token = parsed?.token || parsed?.access_token;
  // It goes into a header as it is.
  if (!token || !/^[\x21-\x7e]+$/.test(token))
    throw new RegistryError('internal', 'token server sends no token', status);
  const lifetimeS = parsed?.expires_in ?? LIFETIME_DEFAULT_S;
  return { token, lifetimeS, identityToken: parsed?.refresh_token ?? '' };
}

async function getToken(
  realm: URL,
  challenge: Challenge,
  grant: Grant,
  offline: boolean,
): Promise<IncomingMessage> {
  const url = new URL(realm);
  const { credentials, connection, signal } = grant;
  if (challenge.service) url.searchParams.set('service', challenge.service);
  for (const scope of scopesOf(challenge, grant)) url.searchParams.append('scope', scope);
  if (credentials?.username) url.searchParams.set('account', credentials.username);
  if (offline) {
    url.searchParams.set('offline_token', 'true');
    url.searchParams.set('client_id', CLIENT_ID);
  }
  return await send({
    url: url.href,
    connection,
    signal,
    ...(credentials?.username && { headers: { authorization: basicAuthorization(credentials) } }),
  });
}

async function postForToken(
  realm: URL,
  challenge: Challenge,
  grant: Grant,
  refreshToken: string,
): Promise<IncomingMessage> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    service: challenge.service,
    scope: scopesOf(challenge, grant).join(' '),
    client_id: CLIENT_ID,
    refresh_token: refreshToken,
  });
  return await send({
    url: realm.href,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    connection: grant.connection,
    signal: grant.signal,
  });
}

/**
 * The token server is wherever the registry says; but what a person entered for a registry that speaks
 * TLS does not go over a plain line, unless that host is one the person trusts with that.
 */
function realmOf(challenge: Challenge, { registry, mayBePlain }: Grant): URL {
  const url = URL.parse(challenge.realm);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new RegistryError('internal', `${registry.host} names no usable token server`, 401);
  const isPlain = url.protocol === 'http:';
  const isSame = registry.protocol === 'http:' && registry.host === url.host;
  if (isPlain && !isSame && !mayBePlain(url.host))
    throw new RegistryError(
      'internal',
      `${registry.host} names a token server without TLS, ${url.host}: no credentials are sent there`,
      401,
    );
  return url;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
