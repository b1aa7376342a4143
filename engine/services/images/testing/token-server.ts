/**
 * A token server of the test's own, whose tokens Debian's docker-registry believes: it signs them with
 * a key of which the registry has the certificate. Anybody may pull `public/…`, `tester` may do all.
 * Source: distribution, "Token Authentication Implementation", "Oauth2 Token Authentication".
 */
import { randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '../../../../test/support/command.ts';

const SERVICE = 'test-registry';
const ISSUER = 'test-issuer';
const PASSWORD = 'secret';

export interface TokenRequest {
  readonly method: string;
  readonly account: string;
  /** `repository:a/b:pull`, actions in one order. */
  readonly scopes: ReadonlySet<string>;
  readonly isOffline: boolean;
}

export class TokenServer implements AsyncDisposable {
  readonly requests: TokenRequest[] = [];
  private readonly folder: string;
  private readonly server: Server;
  private readonly refreshTokens = new Set<string>();

  private constructor(folder: string, server: Server) {
    this.folder = folder;
    this.server = server;
  }

  static async start(): Promise<TokenServer> {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-tokens-'));
    await mustRun('openssl', [
      ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
      ...['-subj', '/CN=tokens', '-days', '1'],
      ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
    ]);
    const server = createServer();
    const tokens = new TokenServer(folder, server);
    server.on('request', (request, response) => void tokens.answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return tokens;
  }

  /** What the registry's configuration says of it. */
  get auth(): object {
    const { port } = this.server.address() as AddressInfo;
    return {
      token: {
        realm: `http://127.0.0.1:${port}/token`,
        service: SERVICE,
        issuer: ISSUER,
        rootcertbundle: join(this.folder, 'cert.pem'),
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://tokens');
    const { method = '' } = request;
    const form = method === 'POST' ? new URLSearchParams(await textOf(request)) : url.searchParams;
    const account = this.accountOf(request, form);
    const asked = form.getAll('scope').flatMap((scope) => scope.split(' '));
    const isOffline = form.get('offline_token') === 'true';
    const scopes = new Set(asked.map(inOrder));
    this.requests.push({ method, account: account ?? '', scopes, isOffline });
    if (account === undefined) {
      response.writeHead(401).end(JSON.stringify({ details: 'incorrect username or password' }));
      return;
    }
    const token = this.token(account, asked);
    const refreshToken = isOffline && account !== '' ? this.newRefreshToken() : undefined;
    const body = method === 'POST' ? { access_token: token } : { token };
    response.end(JSON.stringify({ ...body, expires_in: 300, refresh_token: refreshToken }));
  }

  /** Empty for nobody in particular, undefined for somebody who is not known. */
  private accountOf(request: IncomingMessage, form: URLSearchParams): string | undefined {
    const refreshToken = form.get('refresh_token');
    if (refreshToken !== null) return this.refreshTokens.has(refreshToken) ? 'tester' : undefined;
    const { authorization } = request.headers;
    if (authorization === undefined) return '';
    const pair = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
    return pair === `tester:${PASSWORD}` ? 'tester' : undefined;
  }

  private newRefreshToken(): string {
    const token = randomUUID();
    this.refreshTokens.add(token);
    return token;
  }

  private token(account: string, scopes: readonly string[]): string {
    const now = Math.floor(Date.now() / 1000);
    const access = scopes
      .map((scope) => /^(\w+):(.+):([^:]+)$/.exec(scope) ?? [])
      .map(([, type = '', name = '', actions = '']) => ({
        type,
        name,
        actions: actions
          .split(',')
          .filter((action) => account !== '' || (action === 'pull' && name.startsWith('public/'))),
      }));
    const certificate = readFileSync(join(this.folder, 'cert.pem'), 'utf8');
    const der = certificate.replaceAll(/-----.*-----|\n/g, '');
    const parts = [
      { typ: 'JWT', alg: 'ES256', x5c: [der] },
      {
        iss: ISSUER,
        aud: SERVICE,
        sub: account,
        jti: randomUUID(),
        iat: now,
        nbf: now - 60,
        exp: now + 300,
        access,
      },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const signature = sign('sha256', Buffer.from(parts.join('.')), {
      key: readFileSync(join(this.folder, 'key.pem')),
      dsaEncoding: 'ieee-p1363',
    });
    return [...parts, signature.toString('base64url')].join('.');
  }
}

function inOrder(scope: string): string {
  const mark = scope.lastIndexOf(':');
  const actions = scope.slice(mark + 1).split(',');
  return `${scope.slice(0, mark)}:${actions.toSorted().join(',')}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
