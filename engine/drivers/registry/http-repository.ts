/** One repository of a registry, over HTTP: endpoint choice, authorization, retries, Docker's errors. */
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { Clock } from '../../host/clock.ts';
import { digestOf, isDigest, type Digest } from '../../formats/digest.ts';
import { MANIFEST_BYTES_MAX, MANIFEST_MEDIA_TYPES } from '../../formats/manifest.ts';
import type { Reference } from '../../formats/reference.ts';
import {
  RegistryError,
  type BlobSource,
  type Credentials,
  type FetchedManifest,
  type Repository,
} from '../registry.ts';
import { parseChallenge, type Challenge } from './challenge.ts';
import type { Endpoint } from './endpoints.ts';
import { errorOf } from './registry-errors.ts';
import type { Grant, TokenCache } from './tokens.ts';
import { isTransient, isUnreachable, pauseBefore, readBody, send } from './transport.ts';

const ATTEMPTS_MAX = 5;
const TAGS_BYTES_MAX = 16 << 20;
const ERROR_BYTES_MAX = 64 << 10;

export interface RepositoryOptions {
  readonly reference: Reference;
  readonly credentials: Credentials | undefined;
  /** Best first, at least one. */
  readonly endpoints: readonly Endpoint[];
  readonly tokens: TokenCache;
  readonly clock: Clock;
  readonly onAnswer: (endpoint: Endpoint) => void;
}

interface Get {
  /** Below `/v2/<path>/`, or absolute below the endpoint when it begins with a slash. */
  readonly path: string;
  readonly method?: 'GET' | 'HEAD';
  readonly accept?: string;
  readonly signal: AbortSignal;
  /** What the request is about, for messages: `busybox:latest`. */
  readonly subject: Reference;
}

export class HttpRepository implements Repository {
  private readonly options: RepositoryOptions;
  private endpoint: Endpoint | undefined;
  private authorization: string | undefined;
  private challenge: Challenge | undefined;

  constructor(options: RepositoryOptions) {
    this.options = options;
  }

  async manifest(identifier: string, signal: AbortSignal): Promise<FetchedManifest> {
    const { reference } = this.options;
    const subject = isDigest(identifier)
      ? { domain: reference.domain, path: reference.path, digest: identifier }
      : { domain: reference.domain, path: reference.path, tag: identifier };
    const accept = MANIFEST_MEDIA_TYPES.join(', ');
    const response = await this.get({ path: `manifests/${identifier}`, accept, signal, subject });
    const bytes = await readBody(response, MANIFEST_BYTES_MAX);
    const digest = digestOf(bytes);
    if (isDigest(identifier) && digest !== identifier)
      throw new RegistryError(
        'internal',
        `manifest verification failed for digest ${identifier}`,
        200,
      );
    return { bytes, digest, mediaType: response.headers['content-type'] ?? '' };
  }

  async blob(digest: Digest, limitBytes: number, signal: AbortSignal): Promise<Buffer> {
    const subject = this.options.reference;
    const response = await this.get({ path: `blobs/${digest}`, signal, subject });
    const bytes = await readBody(response, limitBytes);
    if (digestOf(bytes) !== digest)
      throw new RegistryError(
        'internal',
        `filesystem layer verification failed for digest ${digest}`,
        200,
      );
    return bytes;
  }

  async blobSource(digest: Digest, signal: AbortSignal): Promise<BlobSource> {
    const endpoint = this.endpoint ?? (this.options.endpoints[0] as Endpoint);
    if (this.challenge !== undefined)
      // Tokens are short-lived; asking again costs nothing while the kept one is good.
      this.authorization = await this.options.tokens.answer(
        this.challenge,
        this.grant(endpoint, signal),
      );
    return {
      url: this.urlOf(endpoint, `blobs/${digest}`),
      headers: this.authorization ? { authorization: this.authorization } : {},
      isInsecure: endpoint.isInsecure,
    };
  }

  async renew(digest: Digest, signal: AbortSignal): Promise<void> {
    const endpoint = this.endpoint ?? (this.options.endpoints[0] as Endpoint);
    if (this.challenge !== undefined) {
      this.options.tokens.forget(this.challenge, this.grant(endpoint, signal));
      return;
    }
    // Some registries serve manifests to anyone and ask for a token only here.
    const subject = this.options.reference;
    const response = await this.get({ path: `blobs/${digest}`, signal, subject });
    response.destroy();
  }

  async tags(signal: AbortSignal): Promise<string[]> {
    const schema = z.looseObject({ tags: z.array(z.string()).nullish() });
    const tags: string[] = [];
    let path: string | undefined = 'tags/list?n=1000';
    while (path !== undefined) {
      const response = await this.get({ path, signal, subject: this.options.reference });
      const body = await readBody(response, TAGS_BYTES_MAX);
      tags.push(...(schema.parse(JSON.parse(body.toString('utf8'))).tags ?? []));
      path = nextPage([response.headers.link].flat()[0]);
    }
    return tags;
  }

  /**
   * Tries endpoints until one answers 200. What is thrown is the last one's error, unless that one
   * could not be reached and an earlier one gave an answer: "not found" helps more than "no route".
   */
  private async get(get: Get): Promise<IncomingMessage> {
    if (this.endpoint !== undefined) return await this.getFrom(this.endpoint, get);
    const { endpoints } = this.options;
    let failure: unknown;
    for (const endpoint of endpoints) {
      try {
        const response = await this.getFrom(endpoint, get);
        this.endpoint = endpoint;
        this.options.onAnswer(endpoint);
        return response;
      } catch (error) {
        get.signal.throwIfAborted();
        const isAnswer = isAnswerOf(error);
        if (isAnswer || !isAnswerOf(failure)) failure = error;
        this.authorization = undefined;
        this.challenge = undefined;
        // An answer, even a refusal, settles which scheme the registry speaks.
        if (isAnswer && !endpoint.isMirror) break;
      }
    }
    throw failure;
  }

  private async getFrom(endpoint: Endpoint, get: Get): Promise<IncomingMessage> {
    const mayFallBack = this.endpoint === undefined && endpoint !== this.options.endpoints.at(-1);
    for (let attempt = 1; ; attempt++) {
      let retryAfter: string | undefined;
      try {
        const response = await this.sendAuthorized(endpoint, get);
        if (response.statusCode === 200) return response;
        retryAfter = response.headers['retry-after'];
        throw errorOf(response, await readBody(response, ERROR_BYTES_MAX), get.subject);
      } catch (error) {
        get.signal.throwIfAborted();
        const isFinal = !isTransient(error) || isUnreachable(error) || mayFallBack;
        if (isFinal || attempt === ATTEMPTS_MAX)
          throw described(error, this.urlOf(endpoint, get.path));
        await this.options.clock.sleep(pauseBefore(attempt, retryAfter), get.signal);
      }
    }
  }

  /** Sends; answers one challenge, and renews a token that was refused once. */
  private async sendAuthorized(endpoint: Endpoint, get: Get): Promise<IncomingMessage> {
    const response = await this.sendTo(endpoint, get);
    if (response.statusCode !== 401) return response;
    const challenge = parseChallenge(response.headers['www-authenticate']);
    if (challenge === undefined) return response;
    response.resume();
    const grant = this.grant(endpoint, get.signal);
    if (this.authorization !== undefined) this.options.tokens.forget(challenge, grant);
    this.challenge = challenge;
    this.authorization = await this.options.tokens.answer(challenge, grant);
    return await this.sendTo(endpoint, get);
  }

  private sendTo(endpoint: Endpoint, get: Get): Promise<IncomingMessage> {
    return send({
      url: this.urlOf(endpoint, get.path),
      method: get.method ?? 'GET',
      headers: {
        ...(get.accept && { accept: get.accept }),
        ...(this.authorization && { authorization: this.authorization }),
      },
      isInsecure: endpoint.isInsecure,
      signal: get.signal,
    });
  }

  private grant(endpoint: Endpoint, signal: AbortSignal): Grant {
    return {
      // What a person entered for Docker Hub is not for its mirrors.
      credentials: endpoint.isMirror ? undefined : this.options.credentials,
      scope: `repository:${this.options.reference.path}:pull`,
      isInsecure: endpoint.isInsecure,
      signal,
    };
  }

  private urlOf(endpoint: Endpoint, path: string): string {
    return path.startsWith('/')
      ? new URL(path, endpoint.base).href
      : `${endpoint.base}/v2/${this.options.reference.path}/${path}`;
  }
}

function isAnswerOf(error: unknown): boolean {
  return error instanceof RegistryError && error.status > 0;
}

/** A failed connection as Docker's clients are used to reading it. */
function described(error: unknown, url: string): unknown {
  if (error instanceof RegistryError && error.message === 'no basic auth credentials')
    return new RegistryError('unauthorized', `Get "${url}": ${error.message}`, 401);
  if (error instanceof RegistryError || !(error instanceof Error)) return error;
  return new RegistryError('internal', `Get "${url}": ${error.message}`, 0, { cause: error });
}

/** Source: distribution spec, "Listing tags": RFC 8288 Link with rel="next". */
function nextPage(link: string | undefined): string | undefined {
  const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const url = URL.parse(target, 'http://registry.invalid');
  return url === null ? undefined : url.pathname + url.search;
}
