import { expect, test } from 'vitest';
import { proxyFor } from './proxies.ts';

const settings = {
  http: 'http://plain:3128',
  https: 'secure:3129',
  none: 'a.example, .b.example,*.c.example,10.1.0.0/16,192.0.2.1,d.example:8443,[2001:db8::1]:443',
};

test.each([
  ['http://other.example/', 'http://plain:3128'],
  ['https://other.example/', 'http://secure:3129'],
  ['https://a.example/', undefined],
  ['https://sub.a.example:5000/', undefined],
  ['https://nota.example/', 'http://secure:3129'],
  ['https://b.example/', 'http://secure:3129'],
  ['https://x.b.example/', undefined],
  ['https://x.c.example/', undefined],
  ['https://10.1.2.3:5000/', undefined],
  ['https://10.2.2.3:5000/', 'http://secure:3129'],
  ['https://192.0.2.1/', undefined],
  ['https://d.example:8443/', undefined],
  ['https://d.example/', 'http://secure:3129'],
  ['https://[2001:db8::1]/', undefined],
  ['https://localhost:5000/', undefined],
  ['http://127.0.0.9:5000/', undefined],
  ['http://[::1]:5000/', undefined],
])('proxyFor(%s) is %s', (url, proxy) => {
  expect(proxyFor(new URL(url), settings)).toBe(proxy);
});

test('proxyFor() goes directly where everything is excepted or nothing is set', () => {
  const url = new URL('https://other.example');
  expect(proxyFor(url, { ...settings, none: '*' })).toBeUndefined();
  expect(proxyFor(url, { ...settings, https: '' })).toBeUndefined();
});
