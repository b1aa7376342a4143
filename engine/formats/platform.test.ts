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
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['windows/amd64', 'windows/amd64'],
  ])('reads %j as %s', (text, platform) => {
    expect(formatPlatform(parsePlatform(text, host))).toBe(platform);
  });

  test.each(['a/b/c/d', 'linux/', '../x', 'linux/amd 64'])('refuses %j', (text) => {
    expect(() => parsePlatform(text, host)).toThrow('invalid platform');
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
