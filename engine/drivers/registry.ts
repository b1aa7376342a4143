/**
 * Registries that images come from and go to: Docker Registry v2 and OCI distribution 1.1, over HTTP
 * and HTTPS.
 *
 * Every call retries what may pass (5xx, 429, a reset connection) with growing pauses, honours its
 * AbortSignal, and throws `RegistryError` with Docker's texts: `not-found` for a manifest or
 * repository that is not there or may not be seen, `unauthorized` for refused credentials.
 */
import { EngineError, type ErrorCode } from '../contract/errors.ts';
import type { Digest } from '../formats/digest.ts';
import type { Descriptor } from '../formats/manifest.ts';
import type { Reference } from '../formats/reference.ts';
import type { Connection } from './registry/connection.ts';

/** What `docker login` gave the client, as it comes with each request. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** An OAuth2 refresh token that takes the place of user and password. */
  readonly identityToken?: string;
  /** A bearer token to be used as it is. */
  readonly registryToken?: string;
}

export interface Registry {
  /** A repository to read from, as these credentials see it; undefined is anonymous. Asks nobody yet. */
  repository(reference: Reference, credentials?: Credentials): Repository;

  /** A repository to write to, never a mirror's. Asks nobody yet. */
  target(reference: Reference, credentials?: Credentials): PushTarget;

  /**
   * Shows the credentials to a registry, by its domain. Throws `unauthorized` when it refuses them,
   * `internal` when it cannot be reached or does not speak the protocol.
   */
  login(domain: string, credentials: Credentials, signal: AbortSignal): Promise<Login>;

  /** Repositories whose name or description has the term, best first. */
  search(request: SearchRequest, signal: AbortSignal): Promise<FoundRepository[]>;
}

export interface Repository {
  /** The manifest under a tag or digest, its digest computed from the bytes (and, for a digest, checked). */
  manifest(identifier: string, signal: AbortSignal): Promise<FetchedManifest>;

  /** The digest a tag stands for, without fetching the manifest where the registry tells it. */
  digestOf(tag: string, signal: AbortSignal): Promise<Digest>;

  /** A whole blob of at most `limitBytes`, its digest checked. `what` it is, for messages. */
  blob(digest: Digest, limitBytes: number, what: string, signal: AbortSignal): Promise<Buffer>;

  /** Where a Worker can fetch the blob by itself, one place after the other. */
  sources(blob: Descriptor): BlobSources;

  /** Every tag, in the registry's order. */
  tags(signal: AbortSignal): Promise<string[]>;
}

export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: Digest;
}

/** The places of one blob: where its manifest was found, other mirrors, the registry, its own addresses. */
export interface BlobSources {
  /** The place to try now, with a fresh authorization. */
  current(signal: AbortSignal): Promise<BlobSource>;
  /**
   * Called when that place failed with `error`: resolves once `current` gives something else to try,
   * rejects with what to tell when nothing is left.
   */
  turnFrom(error: unknown, signal: AbortSignal): Promise<void>;
}

/** A plain value that can be posted to a Worker. */
export interface BlobSource {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connection: Connection;
}

/** What is pushed. Files are not changed and stay where they are until the upload has ended. */
export type UploadSource =
  | { readonly kind: 'bytes'; readonly digest: Digest; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly digest: Digest; readonly path: string }
  /** Unpacked if it is packed with something registries do not know, and packed with gzip on the way. */
  | { readonly kind: 'packed-anew'; readonly path: string };

export interface UploadOptions {
  readonly signal: AbortSignal;
  /** Bytes of the source that are sent so far; goes back when a part is sent again. */
  readonly onProgress?: (sentBytes: number) => void;
}

export interface UploadedBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface PushTarget {
  /** Its size, or undefined when the repository does not have it. */
  blobSize(digest: Digest, signal: AbortSignal): Promise<number | undefined>;

  /** Takes the blob over from another repository of the same registry; false when that is not done. */
  mount(digest: Digest, fromPath: string, signal: AbortSignal): Promise<boolean>;

  /** Sends a blob; the registry checks its digest. A cut transfer goes on where it stopped. */
  upload(source: UploadSource, options: UploadOptions): Promise<UploadedBlob>;

  /** Puts a manifest under a tag, once all that it names is there. */
  putManifest(tag: string, manifest: FetchedManifest, signal: AbortSignal): Promise<void>;
}

export interface Login {
  /** Takes the place of the password from now on; empty where the registry gives none. */
  readonly identityToken: string;
}

export interface SearchRequest {
  /** `term` on Docker Hub, `host/term` on another registry. */
  readonly term: string;
  readonly limit: number;
  readonly credentials?: Credentials;
}

export interface FoundRepository {
  readonly name: string;
  readonly description: string;
  readonly starCount: number;
  readonly isOfficial: boolean;
  readonly isAutomated: boolean;
}

/** A registry's refusal; `status` is its HTTP status, 0 when it could not be reached. */
export class RegistryError extends EngineError {
  readonly status: number;
  /** The header of that name, where the registry said when to come back. */
  readonly retryAfter: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    status: number,
    options: { cause?: unknown; retryAfter?: string | undefined } = {},
  ) {
    super(code, message, options);
    this.name = 'RegistryError';
    this.status = status;
    this.retryAfter = options.retryAfter;
  }
}
