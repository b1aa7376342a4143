import { describe, expect, it } from 'vitest';
import { logEntries, logLines } from '../../test/support/log-entries.ts';
import { compileQuery, searchBlock, type SearchQuery } from './log-search.ts';

function find(log: Buffer, query: Partial<SearchQuery> & { text: string }, wanted = 100) {
  const matcher = compileQuery({ isRegex: false, matchCase: false, ...query });
  const { hits, count } = searchBlock(log, 0, matcher, wanted);
  return {
    count,
    found: hits.map(({ line, ranges }) =>
      ranges.map(([start, end]) => line.text.slice(start, end)),
    ),
    texts: hits.map(({ line }) => line.text),
  };
}

const LOG = logLines(['GET /a 200', 'get /b 404', 'Größe: 10', 'größe: 20', '日志 stdout', 'a.b']);

describe('searching lines', () => {
  it('finds a text in any case, newest first, with the places in the line', () => {
    expect(find(LOG, { text: 'get' })).toEqual({
      count: 2,
      found: [['get'], ['GET']],
      texts: ['get /b 404', 'GET /a 200'],
    });
    expect(find(LOG, { text: 'GRÖSSE' }).count).toBe(0);
    expect(find(LOG, { text: 'GRÖß' }).found).toEqual([['größ'], ['Größ']]);
  });

  it('minds the case when asked to', () => {
    expect(find(LOG, { text: 'get', matchCase: true }).texts).toEqual(['get /b 404']);
    expect(find(LOG, { text: '日志', matchCase: true }).found).toEqual([['日志']]);
  });

  it('takes a text as it is, special characters and all', () => {
    expect(find(LOG, { text: 'a.b' }).texts).toEqual(['a.b']);
  });

  it('does not look into time stamps and stream names', () => {
    expect(find(LOG, { text: '2026' }).count).toBe(0);
    expect(find(LOG, { text: 'stdout' }).texts).toEqual(['日志 stdout']);
    expect(find(LOG, { text: 'F GET' }).count).toBe(0);
  });

  it('finds all places in a line but counts the line once', () => {
    expect(find(logLines(['aXaXa']), { text: 'x' })).toEqual({
      count: 1,
      found: [['X', 'X']],
      texts: ['aXaXa'],
    });
  });

  it('goes on counting beyond the hits wanted', () => {
    const { count, texts } = find(logLines(['a1', 'a2', 'a3']), { text: 'a' }, 2);
    expect(count).toBe(3);
    expect(texts).toEqual(['a3', 'a2']);
  });

  it('finds a text that lies across the pieces of a long line', () => {
    const text = `${'x'.repeat(8190)}needle${'y'.repeat(100)}`;
    const log = logEntries([{ stream: 'stdout', bytes: Buffer.from(`${text}\nother\n`) }]);
    expect(find(log, { text: 'NEEDLE' }).found).toEqual([['needle']]);
  });

  it('finds expressions', () => {
    const query = { isRegex: true, text: String.raw`\d{3}$` };
    expect(find(LOG, query).found).toEqual([['404'], ['200']]);
    expect(find(LOG, { isRegex: true, text: '^größe' }).count).toBe(2);
    expect(find(LOG, { isRegex: true, text: '^größe', matchCase: true }).count).toBe(1);
    expect(find(logLines(['日志']), { isRegex: true, text: '^..$' }).found).toEqual([['日志']]);
  });

  it('refuses an expression that is none', () => {
    expect(() => find(LOG, { isRegex: true, text: '(' })).toThrow(/Unterminated group/);
    expect(() => find(LOG, { text: '' })).toThrow('nothing to search for');
  });
});
