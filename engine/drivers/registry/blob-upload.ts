/**
 * One blob on its way into a repository, as Docker sends them: an upload is opened, its bytes follow
 * as one stream, and it is closed with the digest. A cut stream goes on where the registry says it
 * stopped, or begins anew where the registry does not say.
 * Source: distribution spec, "Pushing blobs"; Docker Registry API, "Blob Upload".
 */
import type { Clock } from '../../host/clock.ts';
import {
  RegistryError,
  type UploadedBlob,
  type UploadOptions,
  type UploadSource,
} from '../registry.ts';
import { pauseBefore } from './back-off.ts';
import { describeFailure } from './connection-errors.ts';
import { pushErrorOf } from './registry-errors.ts';
import type { Session } from './session.ts';
import { isTransient } from './transport.ts';
import type { SendAnswer } from './upload-messages.ts';
import type { UploadThread } from './upload-thread.ts';

/** Failures in a row without a byte gained before giving up. */
const FAILURES_MAX = 5;

export interface BlobUploadParts {
  readonly session: Session;
  readonly thread: UploadThread;
  readonly clock: Clock;
  /** `/v2/<path>/blobs/uploads/`. */
  readonly uploads: string;
  /** An upload the registry has opened already. */
  readonly opened: string | undefined;
}

export async function uploadBlob(
  parts: BlobUploadParts,
  source: UploadSource,
  options: UploadOptions,
): Promise<UploadedBlob> {
  const location = parts.opened ?? (await openUpload(parts, options.signal));
  if (source.kind === 'bytes') {
    await closeUpload(parts, location, source.digest, options.signal, source.bytes);
    return { digest: source.digest, sizeBytes: source.bytes.length };
  }
  const { answer, url } = await sendBody(parts, location, source, options);
  const { sent } = answer;
  if (sent === undefined)
    throw new RegistryError('internal', 'the registry takes only a part of the layer', 200);
  if (source.kind === 'file' && sent.digest !== source.digest)
    throw new RegistryError('internal', `blob ${source.digest} is damaged on disk`, 0);
  await closeUpload(parts, locationOf(answer.location, url), sent.digest, options.signal);
  return sent;
}

async function openUpload(parts: BlobUploadParts, signal: AbortSignal): Promise<string> {
  const { session, uploads } = parts;
  const response = await session.ask({
    url: uploads,
    method: 'POST',
    answers: [202],
    errorOf: pushErrorOf,
    signal,
  });
  return locationOf(response.headers.location, session.urlOf(uploads));
}

async function closeUpload(
  { session }: BlobUploadParts,
  location: string,
  digest: string,
  signal: AbortSignal,
  body: Uint8Array = new Uint8Array(),
): Promise<void> {
  const url = new URL(location);
  url.searchParams.set('digest', digest);
  await session.ask({
    url: url.href,
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body,
    answers: [201, 204],
    errorOf: pushErrorOf,
    signal,
  });
}

type FileSource = Exclude<UploadSource, { kind: 'bytes' }>;

/** Sends until the registry has everything. */
async function sendBody(
  parts: BlobUploadParts,
  location: string,
  source: FileSource,
  { signal, onProgress }: UploadOptions,
): Promise<{ answer: SendAnswer; url: string }> {
  let at = { url: location, offset: 0 };
  for (let failures = 0; ;) {
    const failure = await attempt(parts, at, source, signal, onProgress);
    if (!(failure instanceof RegistryError)) return { answer: failure, url: at.url };
    const isRefused = failure.status === 401 && parts.session.forgetToken(signal);
    if (++failures >= FAILURES_MAX || !(isTransient(failure) || isRefused)) throw failure;
    const nowMs = Number(parts.clock.nowNs() / 1_000_000n);
    const pauseMs = isRefused ? 0 : pauseBefore(failures, failure.retryAfter, nowMs);
    if (pauseMs === undefined) throw failure;
    await parts.clock.sleep(pauseMs, signal);
    const next = await whereItStopped(parts, at.url, signal);
    if (next !== undefined && next.offset > at.offset) failures = 0;
    at = next ?? { url: await openUpload(parts, signal), offset: 0 };
  }
}

/** One stream, to its answer or its failure. */
async function attempt(
  { session, thread }: BlobUploadParts,
  { url, offset }: { readonly url: string; readonly offset: number },
  source: FileSource,
  signal: AbortSignal,
  onProgress: UploadOptions['onProgress'],
): Promise<SendAnswer | RegistryError> {
  const headers = await session.authorization(url, signal);
  const { connection } = session;
  const isPackedAnew = source.kind === 'packed-anew';
  const task = { url, headers, connection, path: source.path, isPackedAnew, offset };
  try {
    const answer = await thread.send(task, signal, onProgress);
    const isTaken = answer.status >= 200 && answer.status < 300;
    return isTaken ? answer : pushErrorOf({ ...answer, body: Buffer.from(answer.body) });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RegistryError || !(error instanceof Error)) throw error;
    return new RegistryError('internal', describeFailure(error, 'PATCH', url), 0, {
      cause: error,
    });
  }
}

/** Undefined where the registry has given up the upload, or has nothing of it. */
async function whereItStopped(
  { session }: BlobUploadParts,
  location: string,
  signal: AbortSignal,
): Promise<{ url: string; offset: number } | undefined> {
  try {
    const { headers } = await session.ask({
      url: location,
      answers: [200, 202, 204],
      errorOf: pushErrorOf,
      signal,
    });
    const end = Number(/^(?:bytes=)?0-(\d+)$/.exec(headers.range ?? '')?.[1] ?? 0);
    // `0-0` is said for one byte and for none.
    return end === 0 ? undefined : { url: locationOf(headers.location, location), offset: end + 1 };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Where to go on, as the registry says; it may leave out its own host. */
function locationOf(location: string | undefined, base: string): string {
  const url = URL.parse(location ?? base, base);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new RegistryError('internal', 'the registry names no place for the upload', 0);
  if (new URL(base).protocol === 'https:' && url.protocol === 'http:')
    throw new RegistryError('internal', `uploads are not sent to ${url.host} without TLS`, 0);
  return url.href;
}
