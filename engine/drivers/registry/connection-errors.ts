/**
 * Failed connections in the words that Docker's users search for and scripts match on. Pure.
 * Source: Go `net`, `crypto/x509` and `net/http`, whose errors dockerd passes on.
 */
import { errnoOf } from '../../host/errno.ts';

const UNKNOWN_AUTHORITY =
  'tls: failed to verify certificate: x509: certificate signed by unknown authority';

const TEXTS: Readonly<Record<string, (host: string, port: string) => string>> = {
  ECONNREFUSED: (host, port) => `dial tcp ${host}:${port}: connect: connection refused`,
  ENETUNREACH: (host, port) => `dial tcp ${host}:${port}: connect: network is unreachable`,
  EHOSTUNREACH: (host, port) => `dial tcp ${host}:${port}: connect: no route to host`,
  ENOTFOUND: (host) => `dial tcp: lookup ${host}: no such host`,
  EAI_AGAIN: (host) => `dial tcp: lookup ${host}: Temporary failure in name resolution`,
  ECONNRESET: () => 'connection reset by peer',
  ETIMEDOUT: (host) => `${host} does not answer`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () => UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: () => UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: () => UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: () => UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: () =>
    'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
  ERR_TLS_CERT_ALTNAME_INVALID: (host) =>
    `tls: failed to verify certificate: x509: certificate is valid for other names, not ${host}`,
  // What OpenSSL makes of a plain answer, in its two spellings.
  EPROTO: () => 'http: server gave HTTP response to HTTPS client',
  ERR_SSL_WRONG_VERSION_NUMBER: () => 'http: server gave HTTP response to HTTPS client',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: () => 'http: server gave HTTP response to HTTPS client',
};

/** `Get "https://registry/v2/": dial tcp …`. */
export function describeFailure(error: Error, method: string, url: string): string {
  const { hostname, port, protocol } = new URL(url);
  const text = TEXTS[errnoOf(error) ?? '']?.(
    hostname,
    port || (protocol === 'https:' ? '443' : '80'),
  );
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  return `${verb} "${url}": ${text ?? error.message}`;
}
