/**
 * Requests to one endpoint of a registry, as one set of credentials: answers its challenges, renews
 * tokens that ran out, and tries again what may pass.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../host/clock.ts';
import { RegistryError, type Credentials } from '../registry.ts';
import { pauseBefore } from './back-off.ts';
import { parseChallenge, type Challenge } from './challenge.ts';
import { describeFailure } from './connection-errors.ts';
import type { Connection } from './connection.ts';
import type { Endpoint } from './endpoints.ts';
import type { Refusal } from './registry-errors.ts';
import type { Grant, TokenCache } from './tokens.ts';
import { isTransient, isUnreachable, readBody, send, type Method } from './transport.ts';

const ATTEMPTS_MAX = 5;
const ERROR_BYTES_MAX = 64 << 10;

export interface SessionOptions {
  readonly endpoint: Endpoint;
  /** Undefined is anonymous. */
  readonly credentials: Credentials | undefined;
  /** What every token of this session must allow. */
  readonly scopes: readonly string[];
  readonly connection: Connection;
  readonly mayBePlain: (host: string) => boolean;
  readonly tokens: TokenCache;
  readonly clock: Clock;
}

export interface SessionRequest {
  /** Absolute, or below the endpoint (`/v2/…`). */
  readonly url: string;
  readonly method?: Method;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Further scopes a token must have for this one. */
  readonly scopes?: readonly string[];
  /** Statuses that are answers; all others become errors. */
  readonly answers: readonly number[];
  readonly errorOf: (refusal: Refusal) => RegistryError;
  /** Default 5; 1 where another endpoint can be tried instead. */
  readonly attemptsMax?: number;
  readonly signal: AbortSignal;
}

export class Session {
  readonly endpoint: Endpoint;
  readonly connection: Connection;
  private readonly options: SessionOptions;
  private challenge: Challenge | undefined;

  constructor(options: SessionOptions) {
    this.endpoint = options.endpoint;
    this.connection = options.connection;
    this.options = options;
  }

  urlOf(path: string): string {
    return path.startsWith('/') ? `${this.endpoint.base}${path}` : path;
  }

  /** An answer and its body of at most `limitBytes`; `what` it is, for messages. */
  async read(
    request: SessionRequest,
    limitBytes: number,
    what?: string,
  ): Promise<{ readonly response: IncomingMessage; readonly body: Buffer }> {
    return await this.perform(request, async (response) => ({
      response,
      body: await readBody(response, limitBytes, what),
    }));
  }

  /** An answer whose body, if any, is of no interest. */
  async ask(request: SessionRequest): Promise<IncomingMessage> {
    return await this.perform(request, async (response) => {
      response.resume();
      return response;
    });
  }

  private async perform<T>(
    request: SessionRequest,
    take: (response: IncomingMessage) => Promise<T>,
  ): Promise<T> {
    const url = this.urlOf(request.url);
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.sendAuthorized(url, request);
        if (request.answers.includes(response.statusCode ?? 0)) return await take(response);
        throw request.errorOf(await refusalOf(response));
      } catch (error) {
        request.signal.throwIfAborted();
        const failure = described(error, request.method ?? 'GET', url);
        const isFinal = !isTransient(failure) || isUnreachable(failure);
        if (isFinal || attempt >= (request.attemptsMax ?? ATTEMPTS_MAX)) throw failure;
        const { clock } = this.options;
        const nowMs = Number(clock.nowNs() / 1_000_000n);
        const pauseMs = pauseBefore(attempt, failure.retryAfter, nowMs);
        if (pauseMs === undefined) throw failure;
        await clock.sleep(pauseMs, request.signal);
      }
    }
  }

  /** Headers with which a Worker may send a request by itself for a while. */
  async authorization(url: string, signal: AbortSignal): Promise<Record<string, string>> {
    if (this.challenge === undefined || !this.isOwn(url)) return {};
    const header = await this.options.tokens.answer(this.challenge, this.grant([], signal));
    return { authorization: header };
  }

  /** Drops the token that the registry has just refused; false when there was none. */
  forgetToken(signal: AbortSignal): boolean {
    if (this.challenge === undefined) return false;
    this.options.tokens.forget(this.challenge, this.grant([], signal));
    return true;
  }

  /** Sends; answers one challenge, and renews a token that was refused once. */
  private async sendAuthorized(url: string, request: SessionRequest): Promise<IncomingMessage> {
    const { scopes = [], signal } = request;
    const { tokens } = this.options;
    const grant = this.grant(scopes, signal);
    const isOwn = this.isOwn(url);
    const known = isOwn ? this.challenge : undefined;
    const response = await this.sendWith(
      url,
      request,
      known && (await tokens.answer(known, grant)),
    );
    if (response.statusCode !== 401 || !isOwn) return response;
    const challenge = parseChallenge(response.headers['www-authenticate']);
    if (challenge === undefined) return response;
    response.resume();
    if (known !== undefined) {
      tokens.forget(known, grant);
      tokens.forget(challenge, grant);
    }
    this.challenge = challenge;
    return await this.sendWith(url, request, await tokens.answer(challenge, grant));
  }

  private sendWith(
    url: string,
    request: SessionRequest,
    authorization: string | undefined,
  ): Promise<IncomingMessage> {
    const { method = 'GET', body, signal } = request;
    return send({
      url,
      method,
      headers: { ...request.headers, ...(authorization && { authorization }) },
      ...(body !== undefined && { body }),
      connection: this.connection,
      signal,
    });
  }

  /** A registry may send uploads elsewhere; credentials stay with it. */
  private isOwn(url: string): boolean {
    return URL.parse(url)?.origin === new URL(this.endpoint.base).origin;
  }

  private grant(scopes: readonly string[], signal: AbortSignal): Grant {
    const { credentials, connection, mayBePlain } = this.options;
    return {
      credentials,
      scopes: [...this.options.scopes, ...scopes],
      registry: new URL(this.endpoint.base),
      connection,
      mayBePlain,
      signal,
    };
  }
}

/** What a refusal says, read as far as anybody would. */
async function refusalOf(response: IncomingMessage): Promise<Refusal> {
  return {
    status: response.statusCode ?? 0,
    body: await readBody(response, ERROR_BYTES_MAX, "the registry's error"),
    challenge: response.headers['www-authenticate'],
    retryAfter: response.headers['retry-after'],
  };
}

/** A failed connection as Docker's clients are used to reading it. */
function described(error: unknown, method: string, url: string): RegistryError {
  // Not 401 for the client: the CLI would ask for a password, and wait for a person.
  if (error instanceof RegistryError && error.message === 'no basic auth credentials')
    return new RegistryError('internal', `Get "${url}": ${error.message}`, 401);
  if (error instanceof RegistryError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return new RegistryError('internal', describeFailure(cause, method, url), 0, { cause });
}
