/** Lets a `FaultyRegistry` be pushed to: uploads that can be cut, blobs that can be mounted. */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse, type FaultyRegistry } from './faulty-registry.ts';

export interface SeenUpload {
  readonly method: string;
  readonly path: string;
  readonly bytes: number;
}

export class PushDesk {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, { bytes: Buffer; mediaType: string }>();
  readonly seen: SeenUpload[] = [];
  /** The next body is cut off after so many bytes. */
  cutAfterBytes = Number.POSITIVE_INFINITY;
  /** What came before a cut is kept, and told. */
  remembersCuts = true;
  /** Answers before anything else; returns true when it did. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  /** Bodies are answered after it. */
  gate: Promise<void> = Promise.resolve();
  private readonly uploads = new Map<string, Buffer>();

  constructor(registry: FaultyRegistry) {
    registry.intercept = (request, response) => {
      if (this.intercept(request, response)) return true;
      void this.answer(request, response);
      return true;
    };
  }

  /** What was sent with a method, in order. */
  requests(method: string): SeenUpload[] {
    return this.seen.filter((it) => it.method === method);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://registry');
    const id = url.pathname.split('/').at(-1) ?? '';
    const { method = '', socket } = request;
    const isUpload = url.pathname.includes('/blobs/uploads/');
    const body = method === 'PATCH' ? await this.patched(id, request) : await bodyOf(request);
    this.seen.push({ method, path: request.url ?? '', bytes: body?.length ?? 0 });
    if (body === undefined) return void socket.destroy();
    await this.gate;
    if (isUpload) this.answerUpload(method, url, id, body, response);
    else if (url.pathname.includes('/manifests/')) {
      this.manifests.set(id, { bytes: body, mediaType: request.headers['content-type'] ?? '' });
      response.writeHead(201).end();
    } else if (this.blobs.has(id))
      response.writeHead(200, { 'content-length': this.blobs.get(id)?.length }).end();
    else refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown');
  }

  private answerUpload(
    method: string,
    url: URL,
    id: string,
    body: Buffer,
    response: ServerResponse,
  ): void {
    if (method === 'POST') return this.open(url, response);
    const held = this.uploads.get(id);
    if (held === undefined) return refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload');
    const headers = { location: url.pathname, range: `0-${Math.max(held.length - 1, 0)}` };
    if (method !== 'PUT')
      return void response.writeHead(method === 'GET' ? 204 : 202, headers).end();
    const whole = Buffer.concat([held, body]);
    const digest = `sha256:${createHash('sha256').update(whole).digest('hex')}`;
    if (digest !== url.searchParams.get('digest'))
      return refuse(response, 400, 'DIGEST_INVALID', 'provided digest did not match');
    this.blobs.set(digest, whole);
    response.writeHead(201).end();
  }

  private open(url: URL, response: ServerResponse): void {
    if (this.blobs.has(url.searchParams.get('mount') ?? ''))
      return void response.writeHead(201).end();
    const id = randomUUID();
    this.uploads.set(id, Buffer.alloc(0));
    response.writeHead(202, { location: `${url.pathname}${id}` }).end();
  }

  /** Undefined when the body was cut. */
  private async patched(id: string, request: IncomingMessage): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    let length = 0;
    const limit = this.cutAfterBytes;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, limit - length));
      length += chunk.length;
      if (length >= limit) break;
    }
    const body = Buffer.concat(chunks);
    if (length < limit || this.remembersCuts)
      this.uploads.set(id, Buffer.concat([this.uploads.get(id) ?? Buffer.alloc(0), body]));
    if (length < limit) return body;
    this.cutAfterBytes = Number.POSITIVE_INFINITY;
    if (!this.remembersCuts) this.uploads.delete(id);
    return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
