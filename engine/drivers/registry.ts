/**
 * Registries that images come from: Docker Registry v2 and OCI distribution 1.1, over HTTP and HTTPS.
 *
 * Every call retries what may pass (5xx, 429, a reset connection) with growing pauses, honours its
 * AbortSignal, and throws `RegistryError` with Docker's texts: `not-found` for a manifest or
 * repository that is not there or may not be seen, `unauthorized` for refused credentials.
 */
import { EngineError, type ErrorCode } from '../contract/errors.ts';
import type { Digest } from '../formats/digest.ts';
import type { Reference } from '../formats/reference.ts';

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
  /** A repository as these credentials see it; undefined is anonymous. Does no I/O. */
  repository(reference: Reference, credentials?: Credentials): Repository;
}

export interface Repository {
  /** The manifest under a tag or digest, its digest computed from the bytes (and, for a digest, checked). */
  manifest(identifier: string, signal: AbortSignal): Promise<FetchedManifest>;

  /** A whole blob of at most `limitBytes`, its digest checked. */
  blob(digest: Digest, limitBytes: number, signal: AbortSignal): Promise<Buffer>;

  /** Where a Worker can fetch the blob by itself, with a fresh authorization. */
  blobSource(digest: Digest, signal: AbortSignal): Promise<BlobSource>;

  /** Gets a new authorization after a source was refused; the next `blobSource` carries it. */
  renew(digest: Digest, signal: AbortSignal): Promise<void>;

  /** Every tag, in the registry's order. */
  tags(signal: AbortSignal): Promise<string[]>;
}

export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: Digest;
}

/** A plain value that can be posted to a Worker. */
export interface BlobSource {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Accept any certificate: the registry is configured as insecure. */
  readonly isInsecure: boolean;
}

/** A registry's refusal; `status` is its HTTP status, 0 when it could not be reached. */
export class RegistryError extends EngineError {
  readonly status: number;

  constructor(code: ErrorCode, message: string, status: number, options?: { cause?: unknown }) {
    super(code, message, options);
    this.name = 'RegistryError';
    this.status = status;
  }
}
