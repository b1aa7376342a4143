import { expect, test } from 'vitest';
import { parseWebAddress } from './web-address.ts';

test.each([
  ['example.com/file.tar', 'http', 'http://example.com/file.tar'],
  ['example.com:5000', 'https', 'https://example.com:5000/'],
  ['https://user:secret@[::1]:8080/a?b=c', 'http', 'https://user:secret@[::1]:8080/a?b=c'],
] as const)('%s is an address', (text, scheme, href) => {
  expect(parseWebAddress(text, scheme).href).toBe(href);
});

test.each([
  ['BAD NAME', 'parse "https://BAD NAME": invalid character " " in host name'],
  ['http://a b/c', 'parse "http://a b/c": invalid character " " in host name'],
  ['host:port/x', 'parse "https://host:port/x": invalid port ":port" after host'],
  ['host\n', 'parse "https://host\\n": net/url: invalid control character in URL'],
  ['', 'parse "https://": no host in it'],
  ['http://300.300.300.300/', 'parse "http://300.300.300.300/": no host in it'],
])('%j is none, and what is wrong with it is told', (text, message) => {
  expect(() => parseWebAddress(text, 'https')).toThrow(message);
});
