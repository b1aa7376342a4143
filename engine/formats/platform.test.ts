import { describe, expect, test } from 'vitest';
import { choosePlatform, formatPlatform, hostPlatform, parsePlatform } from './platform.ts';

const host = hostPlatform('x64');
const offer = (text: string) => ({ name: text, platform: parsePlatform(text, host) });

test('hostPlatform() speaks of architectures as images do', () => {
  expect(formatPlatform(hostPlatform('x64'))).toBe('linux/amd64');
  expect(formatPlatform(hostPlatform('arm64'))).toBe('linux/arm64');
});

describe('parsePlatform()', () => {
  test.each([
    ['', 'linux/amd64'],
    ['linux', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
    ['x86_64', 'linux/amd64'],
    ['Windows', 'windows/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['windows/amd64', 'windows/amd64'],
  ])('reads %j as %s', (text, platform) => {
    expect(formatPlatform(parsePlatform(text, host))).toBe(platform);
  });

  const component = 'platform specifier component must match "^[A-Za-z0-9_.-]+$"';
  test.each([
    ['nonsense', '"nonsense": unknown operating system or architecture'],
    ['a/b/c/d', '"a/b/c/d": cannot parse platform specifier'],
    ['linux/', `"" is an invalid component of "linux/": ${component}`],
    ['linux/amd 64', `"amd 64" is an invalid component of "linux/amd 64": ${component}`],
    ['linux/*', '"linux/*": wildcards not yet supported'],
  ])('refuses %j', (text, problem) => {
    expect(() => parsePlatform(text, host)).toThrow(`${problem}: invalid argument`);
  });
});

describe('choosePlatform()', () => {
  test('takes the same system and architecture', () => {
    const offers = ['linux/s390x', 'windows/amd64', 'linux/amd64', 'linux/arm64'].map(offer);
    expect(choosePlatform(offers, host)?.name).toBe('linux/amd64');
  });

  test('takes the newest variant that the machine can run', () => {
    const offers = ['linux/arm/v5', 'linux/arm/v7', 'linux/arm/v6'].map(offer);
    const wanted = (text: string) => choosePlatform(offers, parsePlatform(text, host))?.name;
    expect(wanted('linux/arm/v7')).toBe('linux/arm/v7');
    expect(wanted('linux/arm/v6')).toBe('linux/arm/v6');
    expect(wanted('linux/arm/v8')).toBe('linux/arm/v7');
  });

  test('finds none where none suits', () => {
    expect(choosePlatform(['linux/s390x'].map(offer), host)).toBeUndefined();
    expect(choosePlatform([{}], host)).toBeUndefined();
  });
});
