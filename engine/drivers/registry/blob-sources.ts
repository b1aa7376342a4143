/** The places a blob can be fetched from by a Worker, and when to turn from one to the next. */
import { hasCode } from '../../contract/errors.ts';
import { isForeignLayer, type Descriptor } from '../../formats/manifest.ts';
import type { BlobSource, BlobSources } from '../registry.ts';
import type { Session, SessionRequest } from './session.ts';

/** New authorizations for one place before its refusal is taken for final. */
const RENEWALS_MAX = 3;
/** Addresses of its own that a layer is looked for at. */
const FOREIGN_URLS_MAX = 4;

export interface BlobSourcesOptions {
  readonly blob: Descriptor;
  /** Below each endpoint. */
  readonly path: string;
  /** Best first, at least one. */
  readonly sessions: readonly Session[];
  /** A request for the blob whose only purpose is to be asked for authorization. */
  readonly challengeRequest: (signal: AbortSignal) => SessionRequest;
  readonly mayBePlain: (host: string) => boolean;
}

export class SessionBlobSources implements BlobSources {
  private readonly options: BlobSourcesOptions;
  private readonly foreignUrls: string[];
  private place = 0;
  private renewals = 0;
  private told: unknown;

  constructor(options: BlobSourcesOptions) {
    this.options = options;
    this.foreignUrls = foreignUrlsOf(options);
  }

  async current(signal: AbortSignal): Promise<BlobSource> {
    const { sessions, path } = this.options;
    const session = sessions[this.place];
    if (session === undefined) {
      const url = this.foreignUrls[this.place - sessions.length] ?? '';
      // Whoever wrote the manifest chose the address: it gets nothing that is meant for the registry.
      const { silenceMs, proxies } = (sessions[0] as Session).connection;
      const connection = { isInsecure: false, authorities: [], identities: [], silenceMs, proxies };
      return { url, headers: {}, connection };
    }
    const url = session.urlOf(path);
    const headers = await session.authorization(url, signal);
    return { url, headers, connection: session.connection };
  }

  async turnFrom(error: unknown, signal: AbortSignal): Promise<void> {
    const { sessions } = this.options;
    const session = sessions[this.place];
    if (session && hasCode(error, 'unauthorized') && this.renewals++ < RENEWALS_MAX) {
      // Some registries serve manifests to anyone and ask for a token only here.
      if (session.forgetToken(signal) || (await this.introduce(session, signal))) return;
    }
    // What the place says where the manifest was found tells more than what follows.
    this.told ??= error;
    const isOver = this.place + 1 >= sessions.length + this.foreignUrls.length;
    if (isOver || !MAY_BE_BETTER_ELSEWHERE.some((code) => hasCode(error, code))) throw this.told;
    this.place++;
    this.renewals = 0;
  }

  private async introduce(session: Session, signal: AbortSignal): Promise<boolean> {
    try {
      await session.ask({ ...this.options.challengeRequest(signal), attemptsMax: 1 });
      return true;
    } catch {
      signal.throwIfAborted();
      return false;
    }
  }
}

/** A blob that is missing, refused, of wrong bytes, or cannot be had for the moment. */
const MAY_BE_BETTER_ELSEWHERE = ['not-found', 'unauthorized', 'internal', 'unavailable'] as const;

function foreignUrlsOf({ blob, mayBePlain }: BlobSourcesOptions): string[] {
  if (!isForeignLayer(blob.mediaType)) return [];
  const urls = (blob.urls ?? []).map((text) => URL.parse(text));
  return urls
    .filter((url) => url !== null)
    .filter(
      ({ protocol, host }) => protocol === 'https:' || (protocol === 'http:' && mayBePlain(host)),
    )
    .map(({ href }) => href)
    .slice(0, FOREIGN_URLS_MAX);
}
