/** How a registry's host is reached. A plain value: it is posted to Workers along with an address. */
import type { ProxySettings } from './proxies.ts';

export interface Connection {
  /** Take any certificate: the registry is configured as insecure. */
  readonly isInsecure: boolean;
  /** Certificates in PEM of authorities that are trusted besides the machine's own. */
  readonly authorities: readonly string[];
  /** What this machine shows to a registry that asks who it is, in PEM. */
  readonly identities: readonly Identity[];
  readonly proxies: ProxySettings;
  /** A connection without a byte for this long (ms) is taken for dead. */
  readonly silenceMs: number;
}

export interface Identity {
  readonly certificate: string;
  readonly key: string;
}
