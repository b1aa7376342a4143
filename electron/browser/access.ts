/**
 * Who may talk to the browser-mode server. It listens on loopback only, and loopback is reachable by
 * every web page and every user of the machine: so a request must name this very server as its `Host`
 * (or another name was made to point here), come from its own pages as far as it says (`Origin`,
 * `Sec-Fetch-Site`), and carry the cookie that was given once for the token in the printed link.
 *
 * The cookie is host-only, `HttpOnly` and `SameSite=Strict`, and dies with the server.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const SECRET_BYTES = 32;

export class Access {
  readonly #hosts: readonly string[];
  readonly #cookieName: string;
  readonly #session = randomBytes(SECRET_BYTES).toString('base64url');
  #token: string | undefined = randomBytes(SECRET_BYTES).toString('base64url');

  constructor(port: number) {
    this.#hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    // Cookies know no ports: two windows on one machine must not overwrite each other's.
    this.#cookieName = `gantry_${port}`;
  }

  /** The path of the link that works once. */
  get linkPath(): string {
    if (this.#token === undefined) throw new Error('the link was used');
    return `/open?token=${this.#token}`;
  }

  /** The cookie for the token; undefined when it is wrong or was used. */
  redeem(token: string): string | undefined {
    if (this.#token === undefined || !isSame(token, this.#token)) return undefined;
    this.#token = undefined;
    return `${this.#cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** True when the request names this server and does not come from another site's page. */
  isFromHere(headers: IncomingHttpHeaders): boolean {
    const { host, origin } = headers;
    if (host === undefined || !this.#hosts.includes(host)) return false;
    return origin === undefined || origin === `http://${host}`;
  }

  /** As `isFromHere`, for a WebSocket: every browser says where that comes from. */
  isFromOwnPage(headers: IncomingHttpHeaders): boolean {
    return headers.origin !== undefined && this.isFromHere(headers);
  }

  /** Another site's page may lead here by a link, and nothing else. */
  isCrossSiteFetch(headers: IncomingHttpHeaders): boolean {
    const site = headers['sec-fetch-site'];
    const isOwn = site === undefined || site === 'same-origin' || site === 'none';
    return !isOwn && headers['sec-fetch-mode'] !== 'navigate';
  }

  hasCookie(headers: IncomingHttpHeaders): boolean {
    const prefix = `${this.#cookieName}=`;
    return (headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .some((pair) => pair.startsWith(prefix) && isSame(pair.slice(prefix.length), this.#session));
  }
}

function isSame(given: string, wanted: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(wanted)];
  return left.length === right.length && timingSafeEqual(left, right);
}
