/** Plain HTTP requests over a unix socket, as a client without any Docker library sends them. */
import { request, type IncomingHttpHeaders } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly bytes: Buffer;
  /** The body as JSON; throws when it is none. */
  json(): unknown;
}

export interface HttpRequest {
  readonly method?: string;
  /** Sent as JSON, unless it is bytes already. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

export function httpOverUnix(
  socketPath: string,
  path: string,
  options: HttpRequest = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', body, headers = {}, signal } = options;
    const payload = Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body);
    const isJson = payload !== undefined && !Buffer.isBuffer(payload);
    const sent = request(
      {
        socketPath,
        path,
        method,
        agent: false,
        ...(signal && { signal }),
        headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const bytes = Buffer.concat(chunks);
          const text = bytes.toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            bytes,
            json: (): unknown => JSON.parse(text),
          });
        });
      },
    );
    sent.once('error', reject);
    sent.end(payload);
  });
}
