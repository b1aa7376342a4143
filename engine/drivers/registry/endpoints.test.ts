import { describe, expect, test } from 'vitest';
import { endpointsOf, isInsecureHost } from './endpoints.ts';

const basesOf = (domain: string, mirrors: string[] = [], insecure: string[] = []) =>
  endpointsOf(domain, {
    mirrors: { 'docker.io': mirrors, 'ghcr.io': ['http://own'] },
    insecure,
  }).map((endpoint) => endpoint.base);

describe('endpointsOf()', () => {
  test('asks mirrors for Docker Hub first, in their order', () => {
    expect(basesOf('docker.io', ['http://one:5000/', 'https://two'])).toEqual([
      'http://one:5000',
      'https://two',
      'https://registry-1.docker.io',
    ]);
    expect(basesOf('quay.io', ['http://one'])).toEqual(['https://quay.io']);
    expect(basesOf('ghcr.io', ['http://one'])).toEqual(['http://own', 'https://ghcr.io']);
  });

  test('falls back to plain HTTP only where that is allowed', () => {
    expect(basesOf('localhost:5000')).toEqual(['https://localhost:5000', 'http://localhost:5000']);
    expect(basesOf('registry.lan')).toEqual(['https://registry.lan']);
    expect(basesOf('registry.lan', [], ['registry.lan'])).toHaveLength(2);
  });
});

test.each([
  ['localhost', true],
  ['localhost:5000', true],
  ['127.3.2.1:80', true],
  ['[::1]:5000', true],
  ['10.1.2.3:5000', true],
  ['10.9.2.3', false],
  ['named:1', true],
  ['named:2', false],
  ['localhost.example', false],
])('isInsecureHost() of %s is %s', (host, expected) => {
  expect(isInsecureHost(host, ['10.1.0.0/16', 'named:1', 'junk/xx'])).toBe(expected);
});
