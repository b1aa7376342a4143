import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalString,
  familiarString,
  parseReference,
  withDefaultTag,
  withTag,
} from './reference.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}` as const;

describe('parseReference()', () => {
  test.each([
    ['busybox', 'docker.io/library/busybox'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36'],
    ['someone/thing', 'docker.io/someone/thing'],
    ['docker.io/busybox', 'docker.io/library/busybox'],
    ['index.docker.io/library/busybox', 'docker.io/library/busybox'],
    ['localhost/thing', 'localhost/thing'],
    ['localhost:5000/a/b/c:v1', 'localhost:5000/a/b/c:v1'],
    ['127.0.0.1:5000/busybox', '127.0.0.1:5000/busybox'],
    ['[::1]:5000/busybox', '[::1]:5000/busybox'],
    ['Host/thing', 'Host/thing'],
    [`ghcr.io/a/b:v1@${DIGEST}`, `ghcr.io/a/b:v1@${DIGEST}`],
    ['a__b/c-d.e_f', 'docker.io/a__b/c-d.e_f'],
  ])('reads %s as %s', (typed, full) => {
    expect(canonicalString(parseReference(typed))).toBe(full);
  });

  test.each([
    ['', 'invalid reference format'],
    [':tag', 'invalid reference format'],
    ['busybox:', 'invalid reference format'],
    ['busybox@sha256:123', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    ['-a', 'invalid reference format'],
    ['a b', 'invalid reference format'],
    ['../../etc', 'invalid reference format'],
    ['x/../y', 'invalid reference format'],
    ['Busybox', 'repository name (library/Busybox) must be lowercase'],
    ['host.example/Name', 'repository name (Name) must be lowercase'],
    ['a'.repeat(64), 'cannot specify 64-byte hexadecimal strings'],
    ['b/'.repeat(128) + 'b', 'repository name must not be more than 255 characters'],
  ])('refuses %j', (typed, message) => {
    expect(() => parseReference(typed)).toThrow(message);
  });
});

test('familiarString() is what docker shows', () => {
  const shown = (typed: string) => familiarString(withDefaultTag(parseReference(typed)));
  expect(shown('docker.io/library/busybox')).toBe('busybox:latest');
  expect(shown('docker.io/someone/thing')).toBe('someone/thing:latest');
  expect(shown('localhost:5000/busybox')).toBe('localhost:5000/busybox:latest');
  expect(shown(`busybox@${DIGEST}`)).toBe(`busybox@${DIGEST}`);
});

test('familiarString() reads back as the same reference', () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?$/);
  const host = fc.constantFrom('docker.io/', 'ghcr.io/', 'localhost:5000/', '');
  const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(host, path, (domain, name) => {
      const reference = parseReference(domain + name);
      expect(parseReference(familiarString(reference))).toEqual(reference);
    }),
  );
});

test('parseReference() throws nothing but invalid-argument, whatever it is given', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      try {
        const reference = parseReference(text);
        expect(parseReference(canonicalString(reference))).toEqual(reference);
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid-argument' });
      }
    }),
    { numRuns: 2000 },
  );
});

test('withTag() refuses what is no tag', () => {
  expect(() => withTag(parseReference('busybox'), 'no tag')).toThrow('invalid tag format');
});
