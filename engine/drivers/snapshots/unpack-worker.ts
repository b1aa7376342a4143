/** Entry of an unpack Worker: one task at a time, until its engine ends it. */
import { closeSync, openSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { EngineError, messageOf, type ErrorCode } from '../../contract/errors.ts';
import { codeOfErrno, errnoOf } from '../../host/errno.ts';
import { syncFileSystem } from '../../host/system-calls.ts';
import { unpackLayer } from './layer-pipeline.ts';
import type { UnpackReply, UnpackRequest } from './unpack-messages.ts';

const port = parentPort;
if (port === null) throw new Error('unpack-worker runs as a Worker only');

let abort = new AbortController();

port.on('message', (request: UnpackRequest) => {
  if (request.kind === 'abort') abort.abort(new EngineError('cancelled', 'context canceled'));
  else void run(request);
});

async function run(request: Exclude<UnpackRequest, { kind: 'abort' }>): Promise<void> {
  abort = new AbortController();
  try {
    const layer = request.kind === 'sync' ? syncDisk(request.path) : await unpack(request);
    reply({ kind: 'done', layer });
  } catch (error) {
    reply({ kind: 'failed', code: codeOf(error), message: messageOf(error) });
  }
}

/** A failed file call (no space, no inodes, an I/O error) says nothing about the layer. */
function codeOf(error: unknown): ErrorCode {
  if (error instanceof EngineError) return error.code;
  const errno = errnoOf(error);
  if (errno === undefined) return 'internal';
  return codeOfErrno(errno) === 'out-of-space' ? 'out-of-space' : 'unavailable';
}

function unpack(request: Extract<UnpackRequest, { kind: 'unpack' }>) {
  return unpackLayer(request.input, {
    directory: request.directory,
    signal: abort.signal,
    onProgress: (progress) => reply({ kind: 'progress', progress }),
  });
}

function syncDisk(path: string): undefined {
  const fd = openSync(path, 'r');
  try {
    syncFileSystem(fd);
  } finally {
    closeSync(fd);
  }
}

function reply(message: UnpackReply): void {
  port?.postMessage(message);
}
