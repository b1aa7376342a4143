/**
 * Runs a regular expression over blocks of log lines, where it may be ended at any time. Its first
 * message says that it is ready, every other one answers a request.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { compileQuery, searchBlock, type SearchQuery } from '../../formats/log-search.ts';

/** A block to search; its bytes are copied on the way. */
export interface SearchRequest {
  readonly bytes: Uint8Array;
  readonly cursor: number;
  readonly wanted: number;
}

const port = parentPort;
if (port === null) throw new Error('log-search-worker runs as a Worker only');
const matcher = compileQuery(workerData as SearchQuery);
port.on('message', ({ bytes, cursor, wanted }: SearchRequest) => {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  port.postMessage(searchBlock(block, cursor, matcher, wanted));
});
port.postMessage('ready');
