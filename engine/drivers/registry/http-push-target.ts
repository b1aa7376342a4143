/** `PushTarget` over HTTP: one repository of a registry to write to. */
import type { Clock } from '../../host/clock.ts';
import type { Digest } from '../../formats/digest.ts';
import {
  RegistryError,
  type FetchedManifest,
  type PushTarget,
  type UploadedBlob,
  type UploadOptions,
  type UploadSource,
} from '../registry.ts';
import { uploadBlob } from './blob-upload.ts';
import { pushErrorOf } from './registry-errors.ts';
import type { Session, SessionRequest } from './session.ts';
import type { UploadThread } from './upload-thread.ts';

export interface PushTargetOptions {
  readonly path: string;
  /** One for each way to reach the registry itself, best first, at least one. */
  readonly sessions: readonly Session[];
  readonly thread: UploadThread;
  readonly clock: Clock;
}

export class HttpPushTarget implements PushTarget {
  private readonly options: PushTargetOptions;
  private readonly base: string;
  private chosen: Promise<Session> | undefined;
  /** Uploads the registry opened instead of mounting the blob: by digest, the next upload uses them. */
  private readonly opened = new Map<Digest, string>();

  constructor(options: PushTargetOptions) {
    this.options = options;
    this.base = `/v2/${options.path}`;
  }

  async blobSize(digest: Digest, signal: AbortSignal): Promise<number | undefined> {
    const session = await this.session(signal);
    const url = `${this.base}/blobs/${digest}`;
    const response = await session.ask(request(url, 'HEAD', [200, 404], signal));
    if (response.statusCode === 404) return undefined;
    return Number(response.headers['content-length'] ?? 0);
  }

  async mount(digest: Digest, fromPath: string, signal: AbortSignal): Promise<boolean> {
    const session = await this.session(signal);
    const query = new URLSearchParams({ mount: digest, from: fromPath });
    const url = `${this.base}/blobs/uploads/?${query}`;
    try {
      const response = await session.ask({
        ...request(url, 'POST', [201, 202], signal),
        scopes: [`repository:${fromPath}:pull`],
      });
      if (response.statusCode === 201) return true;
      const place = URL.parse(response.headers.location ?? '', session.urlOf(url));
      if (place !== null) this.opened.set(digest, place.href);
      return false;
    } catch (error) {
      // Who may not read the other repository may still write to this one.
      if (error instanceof RegistryError && error.status >= 400 && error.status < 500) return false;
      throw error;
    }
  }

  async upload(source: UploadSource, options: UploadOptions): Promise<UploadedBlob> {
    const session = await this.session(options.signal);
    const { thread, clock } = this.options;
    const opened = source.kind === 'packed-anew' ? undefined : this.opened.get(source.digest);
    if (source.kind !== 'packed-anew') this.opened.delete(source.digest);
    const uploads = `${this.base}/blobs/uploads/`;
    return await uploadBlob({ session, thread, clock, uploads, opened }, source, options);
  }

  async putManifest(tag: string, manifest: FetchedManifest, signal: AbortSignal): Promise<void> {
    const session = await this.session(signal);
    const { headers } = await session.ask({
      ...request(`${this.base}/manifests/${tag}`, 'PUT', [200, 201], signal),
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
    });
    const told = headers['docker-content-digest'];
    if (typeof told === 'string' && told !== manifest.digest)
      throw new RegistryError('internal', `the registry keeps the manifest as ${told}`, 201);
  }

  /** The first way in that gives any answer, be it a refusal. */
  private session(signal: AbortSignal): Promise<Session> {
    const chosen = this.chosen ?? this.choose(signal);
    this.chosen = chosen;
    chosen.catch(() => (this.chosen = undefined));
    return chosen;
  }

  private async choose(signal: AbortSignal): Promise<Session> {
    const { sessions } = this.options;
    let failure: unknown;
    for (const session of sessions) {
      if (session === sessions.at(-1) && failure === undefined) return session;
      try {
        await session.ask({ ...request('/v2/', 'GET', [200, 404], signal), attemptsMax: 1 });
        return session;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof RegistryError && error.status > 0) return session;
        failure = error;
      }
    }
    throw failure;
  }
}

function request(
  url: string,
  method: NonNullable<SessionRequest['method']>,
  answers: readonly number[],
  signal: AbortSignal,
): SessionRequest {
  return { url, method, answers, errorOf: pushErrorOf, signal };
}
