/**
 * A registry in the test's own process that misbehaves as told: cuts transfers, lies about bytes,
 * asks for tokens, redirects. It speaks just enough of the distribution API to be pulled from.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  buildImage,
  buildManifestList,
  type ImageLayout,
  type ImageSpec,
} from '../../../../test/support/image-layout.ts';

export interface SeenRequest {
  readonly host: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export class FaultyRegistry implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  /** Digest → bytes after which the next transfer of it is cut; used up by it. */
  readonly cuts = new Map<string, number>();
  /** Answers before anything else; returns true when it did. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  /** Blobs wait for it. */
  gate: Promise<void> = Promise.resolve();

  private readonly blobs = new Map<string, Buffer>();
  private readonly manifests = new Map<string, { bytes: Buffer; mediaType: string }>();
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(): Promise<FaultyRegistry> {
    const server = createServer();
    const registry = new FaultyRegistry(server);
    server.on('request', (request, response) => void registry.answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return registry;
  }

  /** `127.0.0.1:port`. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  push(name: string, spec: ImageSpec): ImageLayout {
    const image = buildImage(spec);
    this.pushManifest(name, image.manifest);
    for (const { digest, bytes } of [image.config, ...image.layers]) this.setBlob(digest, bytes);
    return image;
  }

  pushList(name: string, specs: readonly ImageSpec[]): ImageLayout[] {
    const images = specs.map((spec, index) => this.push(`${name}-${index}`, spec));
    this.pushManifest(name, buildManifestList(images, 'oci'));
    return images;
  }

  pushManifest(
    name: string,
    manifest: { readonly bytes: Buffer; readonly digest: string; readonly mediaType: string },
  ): void {
    this.manifests.set(name, manifest);
    this.manifests.set(manifest.digest, manifest);
  }

  /** Any bytes under any digest. */
  setBlob(digest: string, bytes: Buffer): void {
    this.blobs.set(digest, bytes);
  }

  requestsFor(digest: string): SeenRequest[] {
    return this.requests.filter(({ path }) => path.endsWith(digest));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers } = request;
    const path = request.url ?? '';
    this.requests.push({
      host: headers.host ?? '',
      path,
      range: headers.range,
      authorization: headers.authorization,
    });
    if (this.intercept(request, response)) return;
    const [, name = '', kind, identifier = ''] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/?]+)/.exec(path) ?? [];
    if (kind === 'manifests') {
      const key = identifier.startsWith('sha256:') ? identifier : `${name}:${identifier}`;
      const manifest = this.manifests.get(key);
      if (manifest === undefined)
        return refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
      response.writeHead(200, { 'content-type': manifest.mediaType });
      response.end(manifest.bytes);
      return;
    }
    const bytes = this.blobs.get(identifier);
    if (bytes === undefined) return refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown');
    await this.gate;
    this.sendBlob(response, bytes, headers.range, identifier);
  }

  private sendBlob(
    response: ServerResponse,
    bytes: Buffer,
    range: string | undefined,
    digest: string,
  ): void {
    const start = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    response.writeHead(range ? 206 : 200, {
      'content-length': bytes.length - start,
      ...(range && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    });
    const cut = this.cuts.get(digest);
    if (cut === undefined) {
      response.end(bytes.subarray(start));
      return;
    }
    this.cuts.delete(digest);
    response.write(bytes.subarray(start, start + cut), () => response.destroy());
  }
}

/** An error in the registry's own form. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
