/** A web server's log that grows; every line has the same length in bytes, so cursors are places. */
import type { LogHit, LogPage, Streams } from '../../electron/ipc/contract.ts';
import type { MemoryPort } from './memory-port.ts';

const LINE_BYTES = 100;
const FIRST_LINES = 12_000;

const REQUESTS = [
  '172.18.0.1 "GET /cart HTTP/1.1" \u001B[32m200\u001B[0m 1874 \u001B[34m12ms\u001B[0m',
  '172.18.0.1 "GET /assets/app.9f2c.js" \u001B[32m200\u001B[0m 88213 \u001B[34m3ms\u001B[0m',
  '172.18.0.1 "POST /api/cart/items" \u001B[32m201\u001B[0m 312 \u001B[34m41ms\u001B[0m',
  '172.18.0.1 "GET /checkout HTTP/1.1" \u001B[32m200\u001B[0m 5120 \u001B[34m18ms\u001B[0m',
  '172.18.0.1 "GET /healthz" \u001B[32m200\u001B[0m 2 \u001B[34m0ms\u001B[0m',
  '[error] upstream timed out (110) while reading response header from upstream, client: 172.18.0.1, server: storefront',
  '{"level":"info","time":"2026-11-20T14:02:16.120Z","msg":"order placed","order":{"id":"A-1042","items":3,"total":129.9}}',
  '172.18.0.1 "GET /search?q=%E6%B8%AF" \u001B[33m302\u001B[0m 6021 \u001B[34m33ms\u001B[0m',
  '172.18.0.1 "PUT /api/cart/items/7" \u001B[31;1m504\u001B[0m 331 \u001B[38;5;208m30001ms\u001B[0m',
];

export class MemoryLog {
  #count = FIRST_LINES;
  readonly #followers = new Set<() => void>();
  readonly #startMs = Date.now() - FIRST_LINES * 900;

  constructor(linesPerSecond: number) {
    if (linesPerSecond === 0) return;
    const batch = Math.max(1, Math.round(linesPerSecond / 10));
    setInterval(
      () => {
        this.#count += batch;
        for (const push of this.#followers) push();
      },
      (1_000 * batch) / linesPerSecond,
    );
  }

  page({ before, after, lines }: { before?: number; after?: number; lines: number }): LogPage {
    const end = before === undefined ? this.#count : Math.floor(before / LINE_BYTES);
    if (after === undefined) return this.#slice(Math.max(0, end - lines), end);
    const from = Math.ceil(after / LINE_BYTES);
    return this.#slice(from, Math.min(this.#count, from + lines));
  }

  follow(port: MemoryPort, after: number): void {
    let next = Math.ceil(after / LINE_BYTES);
    const push = () => {
      while (port.isOpen && port.credit > 0 && next < this.#count) {
        const to = Math.min(this.#count, next + 500);
        port.send(this.#slice(next, to));
        next = to;
      }
    };
    this.#followers.add(push);
    port.onCredit = push;
    port.onClose = () => this.#followers.delete(push);
    push();
  }

  search(port: MemoryPort, query: Streams['log.search'][0]): void {
    const source = query.regex
      ? query.query
      : query.query.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    const pattern = new RegExp(source, query.matchCase ? 'g' : 'gi');
    const found: LogHit[] = [];
    for (let at = this.#count - 1; at >= 0; at -= 1) {
      const line = this.#line(at);
      const ranges = [...line.text.matchAll(pattern)].map(
        (match) => [match.index, match.index + match[0].length] as [number, number],
      );
      if (ranges.length > 0) found.push({ kind: 'hit', line, ranges });
    }
    let next = 0;
    const totalBytes = this.#count * LINE_BYTES;
    const pump = () => {
      while (port.isOpen && port.credit > 1 && next < Math.min(found.length, query.limit))
        port.send(found[next++]);
      if (next >= Math.min(found.length, query.limit) && port.isOpen) {
        port.send({
          kind: 'progress',
          hits: found.length,
          scannedBytes: totalBytes,
          totalBytes,
          done: true,
          limited: found.length > query.limit,
        });
        port.end();
      }
    };
    port.onCredit = pump;
    pump();
  }

  #slice(from: number, to: number): LogPage {
    const lines = Array.from({ length: Math.max(0, to - from) }, (_, at) => this.#line(from + at));
    const next = Math.max(from, to) * LINE_BYTES;
    return { lines, start: 0, end: this.#count * LINE_BYTES, next };
  }

  #line(at: number): LogPage['lines'][number] {
    const text = REQUESTS[(at * 7 + (at >> 3)) % REQUESTS.length] as string;
    return {
      cursor: at * LINE_BYTES,
      stream: text.startsWith('[error]') ? 'stderr' : 'stdout',
      time: new Date(this.#startMs + at * 900).toISOString().replace('Z', '123456Z'),
      text,
    };
  }
}
