/** One repository of a registry to read from, over HTTP: endpoint choice, paging, checks. */
import * as z from 'zod';
import { digestOf, isDigest, type Digest } from '../../formats/digest.ts';
import {
  MANIFEST_BYTES_MAX,
  MANIFEST_MEDIA_TYPES,
  type Descriptor,
} from '../../formats/manifest.ts';
import type { Reference } from '../../formats/reference.ts';
import {
  RegistryError,
  type BlobSources,
  type FetchedManifest,
  type Repository,
} from '../registry.ts';
import { SessionBlobSources } from './blob-sources.ts';
import type { Endpoint } from './endpoints.ts';
import { pullErrorOf } from './registry-errors.ts';
import type { Session, SessionRequest } from './session.ts';

const TAGS_BYTES_MAX = 16 << 20;
/** More tags than any repository has: a registry that turns pages for ever is left there. */
const TAG_PAGES_MAX = 1000;

export interface RepositoryOptions {
  readonly reference: Reference;
  /** One for each endpoint, best first, at least one. */
  readonly sessions: readonly Session[];
  readonly onAnswer: (endpoint: Endpoint) => void;
  /** Whether a foreign layer may be fetched from this address without TLS. */
  readonly mayBePlain: (host: string) => boolean;
}

/** What is asked of whichever endpoint answers. */
type Question = Pick<SessionRequest, 'method' | 'headers' | 'signal'> & {
  /** Below `/v2/<path>/`, or absolute when it begins with a slash. */
  readonly path: string;
  /** What the request is about, for messages: `busybox:latest`. */
  readonly subject: Reference;
};

export class HttpRepository implements Repository {
  private readonly options: RepositoryOptions;
  /** The endpoint that answered first: what belongs together comes from one place. */
  private session: Session | undefined;

  constructor(options: RepositoryOptions) {
    this.options = options;
  }

  async manifest(identifier: string, signal: AbortSignal): Promise<FetchedManifest> {
    const question = this.manifestQuestion(identifier, signal);
    return await this.tryEach(question, async (session, request) => {
      const { response, body } = await session.read(request, MANIFEST_BYTES_MAX, 'the manifest');
      const digest = digestOf(body);
      if (isDigest(identifier) && digest !== identifier)
        throw wrong(`manifest verification failed for digest ${identifier}`);
      return { bytes: body, digest, mediaType: response.headers['content-type'] ?? '' };
    });
  }

  async digestOf(tag: string, signal: AbortSignal): Promise<Digest> {
    const question = this.manifestQuestion(tag, signal);
    const told = await this.tryEach({ ...question, method: 'HEAD' }, async (session, request) => {
      const { headers } = await session.ask(request);
      return String(headers['docker-content-digest'] ?? '');
    }).catch((error: unknown) => {
      // Without a body a refusal says little, and some registries refuse HEAD alone.
      if (error instanceof RegistryError && [400, 404, 405].includes(error.status)) return '';
      throw error;
    });
    return isDigest(told) ? told : (await this.manifest(tag, signal)).digest;
  }

  async blob(
    digest: Digest,
    limitBytes: number,
    what: string,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const question = { path: `blobs/${digest}`, signal, subject: this.options.reference };
    let failure: unknown;
    for (const session of this.placesOfBlobs()) {
      try {
        const { body } = await session.read(this.requestOf(question), limitBytes, what);
        if (digestOf(body) === digest) return body;
        throw wrong(`filesystem layer verification failed for digest ${digest}`);
      } catch (error) {
        signal.throwIfAborted();
        failure ??= error;
      }
    }
    throw failure;
  }

  sources(blob: Descriptor): BlobSources {
    const { reference, mayBePlain } = this.options;
    return new SessionBlobSources({
      blob,
      path: `/v2/${reference.path}/blobs/${blob.digest}`,
      sessions: this.placesOfBlobs(),
      challengeRequest: (signal) =>
        this.requestOf({
          path: `blobs/${blob.digest}`,
          method: 'HEAD',
          signal,
          subject: reference,
        }),
      mayBePlain,
    });
  }

  async tags(signal: AbortSignal): Promise<string[]> {
    const schema = z.looseObject({ tags: z.array(z.string()).nullish() });
    const tags: string[] = [];
    let path: string | undefined = 'tags/list?n=1000';
    for (let page = 0; path !== undefined && page < TAG_PAGES_MAX; page++) {
      const question: Question = { path, signal, subject: this.options.reference };
      const { response, body } = await this.tryEach(question, (session, request) =>
        session.read(request, TAGS_BYTES_MAX, 'the list of tags'),
      );
      tags.push(...(schema.safeParse(parseJson(body)).data?.tags ?? []));
      path = nextPage([response.headers.link].flat()[0]);
    }
    return tags;
  }

  /** A mirror may have a manifest and lack what it names: then the others have their turn. */
  private placesOfBlobs(): readonly Session[] {
    const { sessions } = this.options;
    const { session } = this;
    if (session === undefined) return sessions;
    return session.endpoint.isMirror
      ? [session, ...sessions.filter((it) => it !== session)]
      : [session];
  }

  private manifestQuestion(identifier: string, signal: AbortSignal): Question {
    const { domain, path } = this.options.reference;
    return {
      path: `manifests/${identifier}`,
      headers: { accept: MANIFEST_MEDIA_TYPES.join(', ') },
      signal,
      subject: isDigest(identifier)
        ? { domain, path, digest: identifier }
        : { domain, path, tag: identifier },
    };
  }

  /**
   * Tries endpoints until one answers. What is thrown is the last one's error, unless that one could
   * not be reached and an earlier one gave an answer: "not found" helps more than "no route".
   */
  private async tryEach<T>(
    question: Question,
    ask: (session: Session, request: SessionRequest) => Promise<T>,
  ): Promise<T> {
    if (this.session !== undefined) return await ask(this.session, this.requestOf(question));
    const { sessions, onAnswer } = this.options;
    let failure: unknown;
    for (const session of sessions) {
      const isLast = session === sessions.at(-1);
      try {
        const request = { ...this.requestOf(question), ...(!isLast && { attemptsMax: 1 }) };
        const result = await ask(session, request);
        this.session = session;
        onAnswer(session.endpoint);
        return result;
      } catch (error) {
        question.signal.throwIfAborted();
        const isAnswer = isAnswerOf(error);
        if (isAnswer || !isAnswerOf(failure)) failure = error;
        // An answer, even a refusal, settles which scheme the registry speaks.
        if (isAnswer && !session.endpoint.isMirror) break;
      }
    }
    throw failure;
  }

  private requestOf({ path, subject, ...rest }: Question): SessionRequest {
    return {
      ...rest,
      url: path.startsWith('/') ? path : `/v2/${this.options.reference.path}/${path}`,
      answers: [200],
      errorOf: (refusal) => pullErrorOf(refusal, subject),
    };
  }
}

function isAnswerOf(error: unknown): boolean {
  return error instanceof RegistryError && error.status > 0;
}

function wrong(message: string): RegistryError {
  return new RegistryError('internal', message, 200);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw wrong("the registry's list of tags is not JSON");
  }
}

/** Source: distribution spec, "Listing tags": RFC 8288 Link with rel="next". */
function nextPage(link: string | undefined): string | undefined {
  const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const url = URL.parse(target, 'http://registry.invalid');
  return url === null ? undefined : url.pathname + url.search;
}
