import { describe, expect, it } from 'vitest';
import { parseLogOptions } from './log-options.ts';

describe('log options', () => {
  it('default to ten files of 100 MB', () => {
    expect(parseLogOptions('json-file', {})).toEqual({
      isStored: true,
      maxBytes: 100e6,
      maxFiles: 10,
    });
  });

  it.each([
    ['10m', 10e6],
    ['1.5g', 1.5e9],
    ['512k', 512e3],
    ['100', 100],
    ['10MB', 10e6],
    ['-1', Infinity],
  ])('read max-size=%s as Docker does', (text, maxBytes) => {
    expect(parseLogOptions('local', { 'max-size': text }).maxBytes).toBe(maxBytes);
  });

  it.each([
    ['json-file', { 'max-size': 'huge' }, "invalid size: 'huge'"],
    ['json-file', { 'max-file': '0' }, 'max-file cannot be less than 1'],
    ['json-file', { 'max-sise': '1m' }, "unknown log opt 'max-sise' for json-file log driver"],
    ['gelf', {}, "logger: no log driver named 'gelf' is registered"],
  ])('of %s %j are refused with the reason', (driver, options, message) => {
    expect(() => parseLogOptions(driver, options)).toThrow(message);
  });

  it('store nothing with none', () => {
    expect(parseLogOptions('none', {}).isStored).toBe(false);
  });
});
