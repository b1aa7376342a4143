import { describe, expect, it } from 'vitest';
import { parseLogOptions } from './log-options.ts';

describe('log options', () => {
  it.each([
    ['json-file', 100e6, 10],
    ['', 100e6, 10],
    ['local', 20e6, 5],
  ])('of %j default to %d bytes in each of %d files', (driver, maxBytes, maxFiles) => {
    expect(parseLogOptions(driver, {})).toMatchObject({ isStored: true, maxBytes, maxFiles });
  });

  it.each([
    ['10m', 10e6],
    ['1.5g', 1.5e9],
    ['512k', 512e3],
    ['100', 100],
    ['10MB', 10e6],
    ['-1', Infinity],
  ])('read max-size=%s as Docker does', (text, maxBytes) => {
    expect(parseLogOptions('json-file', { 'max-size': text }).maxBytes).toBe(maxBytes);
  });

  it('take what changes nothing here', () => {
    const options = { mode: 'non-blocking', 'max-buffer-size': '4m', tag: '{{.Name}}', env: 'A' };
    expect(parseLogOptions('json-file', options)).toMatchObject({ isStored: true });
    expect(parseLogOptions('json-file', { compress: 'true' })).toMatchObject({ maxFiles: 10 });
  });

  it.each([
    ['json-file', { 'max-size': 'huge' }, "initialize logging driver: invalid size: 'huge'"],
    ['json-file', { 'max-size': '0' }, 'max-size must be a positive number'],
    ['json-file', { 'max-file': '0' }, 'max-file cannot be less than 1'],
    ['json-file', { 'max-file': 'x' }, 'strconv.Atoi: parsing "x": invalid syntax'],
    ['json-file', { compress: 'x' }, 'strconv.ParseBool: parsing "x": invalid syntax'],
    [
      'json-file',
      { compress: 'true', 'max-file': '1' },
      'compress cannot be true when max-file is less than 2 or max-size is not set',
    ],
    ['json-file', { 'max-sise': '1m' }, "unknown log opt 'max-sise' for json-file log driver"],
    ['json-file', { mode: 'x' }, 'logger: logging mode not supported: x'],
    [
      'json-file',
      { 'max-buffer-size': '1m' },
      "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
    ],
    [
      'json-file',
      { mode: 'non-blocking', 'max-buffer-size': 'x' },
      'error parsing option max-buffer-size',
    ],
    ['local', { 'max-size': '-1' }, "invalid value for max-size: -1: invalid size: '-1'"],
    ['local', { 'max-file': '1' }, 'compression cannot be enabled when max file count is 1'],
    ['local', { tag: 'x' }, "unknown log opt 'tag' for log driver local"],
    ['journald', { 'max-size': '1m' }, "unknown log opt 'max-size' for journald log driver"],
    ['gelf', {}, 'error looking up logging plugin gelf: plugin "gelf" not found'],
  ])('of %s %j are refused with the reason', (driver, options, message) => {
    expect(() => parseLogOptions(driver, options as Record<string, string>)).toThrow(message);
  });

  it('store nothing with none, whatever they are', () => {
    expect(parseLogOptions('none', { any: 'thing' }).isStored).toBe(false);
    expect(parseLogOptions('journald', { tag: 'x' })).toMatchObject({
      isStored: false,
      isJournal: true,
    });
  });
});
