/**
 * Addresses that people type, `http` where they name no scheme or as asked, and what is wrong with
 * them in the words of Docker's own parser. Pure.
 * Source: Go `net/url`, Parse.
 */
import { EngineError } from '../contract/errors.ts';

/** Throws `invalid-argument`: `parse "http://BAD NAME": invalid character " " in host name`. */
export function parseWebAddress(text: string, scheme: 'http' | 'https'): URL {
  const address = text.includes('://') ? text : `${scheme}://${text}`;
  const problem = problemOf(address);
  const url = problem === undefined ? URL.parse(address) : null;
  if (url === null || url.host === '')
    throw new EngineError(
      'invalid-argument',
      `parse ${JSON.stringify(address)}: ${problem ?? 'no host in it'}`,
    );
  return url;
}

function problemOf(address: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(address)) return 'net/url: invalid control character in URL';
  const authority = /^[^:]*:\/\/([^/?#]*)/.exec(address)?.[1] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const strange = /[^\w.~!$&'()*+,;=:[\]<>"%\u0080-\uffff-]/.exec(host)?.[0];
  if (strange !== undefined) return `invalid character ${JSON.stringify(strange)} in host name`;
  const port = /^(?:\[[^\]]*\]|[^:]*)(:.*)?$/.exec(host)?.[1] ?? '';
  if (!/^(?::\d*)?$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  return undefined;
}
