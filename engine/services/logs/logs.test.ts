import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logEntries, logLines } from '../../../test/support/log-entries.ts';
import type { LogHit } from '../../contract/gantry.ts';
import { ThreadedBlockSearchers } from '../../drivers/logs/block-search.ts';
import { FileLogStore } from '../../drivers/logs/file-log-store.ts';
import { systemClock } from '../../host/clock.ts';
import type { ContainerLookup, ContainerView } from '../containers/container.ts';
import { ContainerLogs, type LogRequest } from './container-logs.ts';
import { LogPages } from './log-pages.ts';
import { LogSearch } from './log-search.ts';

let folder: string;
let path: string;
let isRunning: boolean;
let exit: PromiseWithResolvers<void>;
let driver: string;
const store = new FileLogStore();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-logs-'));
  path = join(folder, 'ctr.log');
  isRunning = false;
  exit = Promise.withResolvers();
  driver = 'json-file';
});
afterEach(() => rmSync(folder, { recursive: true }));

const containers: ContainerLookup = {
  find: () =>
    ({
      id: 'c1',
      config: { Tty: true, Labels: { team: 'a b' }, Env: [] },
      hostConfig: {
        LogConfig: { Type: driver, Config: driver === 'none' ? {} : { labels: 'team' } },
      },
      running: isRunning,
      logPath: path,
    }) as unknown as ContainerView,
  waitForExit: () => (isRunning ? exit.promise : Promise.resolve()),
};

const logs = new ContainerLogs(containers, store, systemClock);
const pages = new LogPages(containers, store);
const search = new LogSearch(containers, store, new ThreadedBlockSearchers(1000));
const signal = () => AbortSignal.timeout(20_000);

const ALL: LogRequest = {
  stdout: true,
  stderr: true,
  follow: false,
  timestamps: false,
  details: false,
  sinceNs: undefined,
  untilNs: undefined,
  tailLines: undefined,
};

async function read(request: Partial<LogRequest> = {}): Promise<string> {
  const { bytes } = logs.open('c1', { ...ALL, ...request }, signal());
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString();
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}`);

describe('docker logs', () => {
  it('shows the last lines of a log of several files', async () => {
    writeFileSync(path, logLines(numbered(0, 1000)));
    await store.rotate(path, 5, () => Promise.resolve(writeFileSync(path, '')));
    writeFileSync(path, logLines(numbered(1000, 1003)));
    expect(await read({ tailLines: 5 })).toBe(`${numbered(998, 1003).join('\n')}\n`);
    expect(await read({ tailLines: 0 })).toBe('');
    expect((await read({ tailLines: 100_000 })).split('\n')).toHaveLength(1004);
  });

  it('counts a long line and one without end as one each', async () => {
    const text = `first\n${'x'.repeat(20_000)}\nprompt> `;
    writeFileSync(path, logEntries([{ stream: 'stdout', bytes: Buffer.from(text) }]));
    expect(await read({ tailLines: 2 })).toBe(text.slice('first\n'.length));
  });

  it('puts the details named by the log options before each line', async () => {
    writeFileSync(path, logLines(['up']));
    expect(await read({ details: true })).toBe('team=a+b up\n');
  });

  it('follows a running container to its last byte', async () => {
    isRunning = true;
    writeFileSync(path, logLines(['before']));
    const following = read({ follow: true });
    writeFileSync(path, logLines(['after']), { flag: 'a' });
    exit.resolve();
    expect(await following).toBe('before\nafter\n');
  });

  it('does not wait for a container that does not run', async () => {
    writeFileSync(path, logLines(['over']));
    expect(await read({ follow: true })).toBe('over\n');
  });

  it('ends a followed log when until has come', async () => {
    isRunning = true;
    writeFileSync(path, logLines(['old']));
    const untilNs = systemClock.nowNs() + 50_000_000n;
    expect(await read({ follow: true, untilNs })).toBe('old\n');
  });

  it('is refused for the driver that stores nothing', () => {
    driver = 'none';
    expect(() => logs.open('c1', ALL, signal())).toThrow(
      'configured logging driver does not support reading',
    );
  });
});

describe('a page', () => {
  beforeEach(() => writeFileSync(path, logLines(numbered(0, 100))));
  const page = (request: { before?: number; after?: number; lines?: number }) =>
    pages.page('c1', { before: undefined, after: undefined, lines: undefined, ...request });
  const texts = async (request: Parameters<typeof page>[0]) =>
    (await page(request)).lines.map(({ text }) => text);

  it('is the tail when nothing else is asked for', async () => {
    expect(await texts({ lines: 3 })).toEqual(numbered(97, 100));
  });

  it('leads back and forth without gap or overlap', async () => {
    const tail = await page({ lines: 10 });
    const before = await page({ before: tail.lines[0]?.cursor ?? 0, lines: 10 });
    expect(before.lines.map(({ text }) => text)).toEqual(numbered(80, 90));
    expect(before.next).toBe(tail.lines[0]?.cursor);
    expect((await page({ after: before.next, lines: 10 })).lines).toEqual(tail.lines);
    expect(tail.next).toBe(tail.end);
  });

  it('is short at the start, and empty at the end', async () => {
    const first = await page({ before: 150, lines: 10 });
    expect(first.lines.map(({ text }) => text)).toEqual(numbered(0, 2));
    const end = await page({ after: first.end });
    expect(end).toMatchObject({ lines: [], next: first.end });
  });

  it('joins what a container wrote in pieces, and cuts what is too long to show', async () => {
    writeFileSync(path, logLines(['x'.repeat(100_000), 'next']));
    const { lines } = await page({});
    expect(lines.map(({ text, cut }) => [text.length, cut])).toEqual([
      [65_536, true],
      [4, undefined],
    ]);
  });
});

describe('following lines', () => {
  it('sends what is there, then lines as they come, and ends with the container', async () => {
    isRunning = true;
    writeFileSync(path, logLines(numbered(0, 1200)));
    const seen: string[] = [];
    const sizes: number[] = [];
    let next = 0;
    for await (const page of pages.follow('c1', 0, signal())) {
      sizes.push(page.lines.length);
      seen.push(...page.lines.map(({ text }) => text));
      next = page.next;
      if (seen.length === 1200) {
        writeFileSync(path, logLines(['last']), { flag: 'a' });
        exit.resolve();
      }
    }
    expect(seen).toEqual([...numbered(0, 1200), 'last']);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
    expect(sizes[0]).toBe(0);
    expect(next).toBe(store.bounds(path).end);
  });

  it('shows an unfinished line after a moment, and its rest as a line of its own', async () => {
    isRunning = true;
    writeFileSync(path, logEntries([{ stream: 'stdout', bytes: Buffer.from('name? ') }]));
    const seen: string[] = [];
    for await (const { lines } of pages.follow('c1', 0, signal())) {
      seen.push(...lines.map(({ text }) => text));
      if (seen.length === 1 && lines.length > 0) {
        writeFileSync(path, logLines(['gantry']), { flag: 'a' });
        exit.resolve();
      }
    }
    expect(seen).toEqual(['name? ', 'gantry']);
  });
});

describe('searching a log', () => {
  async function run(text: string, more: { isRegex?: boolean; limit?: number } = {}) {
    const request = { text, isRegex: false, matchCase: false, limit: undefined, ...more };
    const messages: LogHit[] = [];
    for await (const message of search.search('c1', request, signal())) messages.push(message);
    const hits = messages.flatMap((message) => (message.kind === 'hit' ? [message.line.text] : []));
    return { hits, last: messages.at(-1) };
  }

  beforeEach(async () => {
    writeFileSync(path, logLines(numbered(0, 30_000)));
    await store.rotate(path, 5, () => Promise.resolve(writeFileSync(path, '')));
    writeFileSync(path, logLines(numbered(30_000, 60_000)));
  });

  it('goes through all of it, newest first, and says when it is done', async () => {
    const { hits, last } = await run('LINE 2999');
    expect(hits).toEqual([...numbered(29_990, 30_000).toReversed(), 'line 2999']);
    const { start, end } = store.bounds(path);
    expect(last).toEqual({
      kind: 'progress',
      hits: 11,
      scannedBytes: end - start,
      totalBytes: end - start,
      done: true,
      limited: false,
    });
  });

  it('counts on beyond the limit', async () => {
    const { hits, last } = await run('line', { limit: 2 });
    expect(hits).toEqual(['line 59999', 'line 59998']);
    expect(last).toMatchObject({ hits: 60_000, limited: true });
  });

  it('takes expressions', async () => {
    const { hits } = await run('^line 1?2345$', { isRegex: true });
    expect(hits).toEqual(['line 12345', 'line 2345']);
  });

  it('finds a line longer than a block, once', async () => {
    writeFileSync(path, logLines(['a', `${'x'.repeat(1_500_000)}needle`, 'b']));
    const { hits, last } = await run('needle');
    expect(hits).toHaveLength(1);
    expect(last).toMatchObject({ hits: 1, done: true });
  });

  it('refuses an expression that is none, and gives up on one that never ends', async () => {
    await expect(run('(', { isRegex: true })).rejects.toThrow('Invalid regular expression');
    writeFileSync(path, logLines(['a'.repeat(50)]));
    const endless = run('(a+a+)+b', { isRegex: true });
    await expect(endless).rejects.toThrow('the regular expression takes too long');
  });
});
