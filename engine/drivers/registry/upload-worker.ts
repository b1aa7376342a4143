/** Entry of the upload Worker: any number of transfers side by side, until its engine ends it. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { EngineError, messageOf } from '../../contract/errors.ts';
import { errnoOf } from '../../host/errno.ts';
import { layerBody } from './layer-body.ts';
import { readBody, send } from './transport.ts';
import type { SendAnswer, SendTask, UploadReply, UploadRequest } from './upload-messages.ts';

const PROGRESS_INTERVAL_MS = 100;
const ANSWER_BYTES_MAX = 64 << 10;

const port = parentPort;
if (port === null) throw new Error('upload-worker runs as a Worker only');

const transfers = new Map<number, AbortController>();

port.on('message', (request: UploadRequest) => {
  if (request.kind === 'send') void run(request.id, request.task);
  else transfers.get(request.id)?.abort(new EngineError('cancelled', 'context canceled'));
});

async function run(id: number, task: SendTask): Promise<void> {
  const abort = new AbortController();
  transfers.set(id, abort);
  try {
    reply({ kind: 'answer', id, answer: await transfer(id, task, abort.signal) });
  } catch (error) {
    reply({ kind: 'failed', id, message: messageOf(error), errno: errnoOf(error) });
  } finally {
    transfers.delete(id);
  }
}

async function transfer(id: number, task: SendTask, signal: AbortSignal): Promise<SendAnswer> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let isWhole = false;
  let toldAtMs = 0;
  const onRead = (readBytes: number) => {
    const nowMs = performance.now();
    if (nowMs - toldAtMs < PROGRESS_INTERVAL_MS) return;
    toldAtMs = nowMs;
    reply({ kind: 'progress', id, readBytes });
  };
  async function* body(): AsyncGenerator<Buffer> {
    for await (const chunk of layerBody({ ...task, onRead })) {
      const skipped = Math.min(Math.max(task.offset - sizeBytes, 0), chunk.length);
      hash.update(chunk);
      sizeBytes += chunk.length;
      if (skipped < chunk.length) yield chunk.subarray(skipped);
    }
    isWhole = true;
  }
  const response = await send({
    url: task.url,
    method: 'PATCH',
    headers: {
      ...task.headers,
      'content-type': 'application/octet-stream',
      ...(!task.isPackedAnew && {
        'content-length': String(statSync(task.path).size - task.offset),
      }),
    },
    body: body(),
    connection: task.connection,
    signal,
  });
  const { headers } = response;
  return {
    status: response.statusCode ?? 0,
    location: headers.location,
    challenge: headers['www-authenticate'],
    retryAfter: headers['retry-after'],
    body: await readBody(response, ANSWER_BYTES_MAX),
    sent: isWhole ? { digest: `sha256:${hash.digest('hex')}`, sizeBytes } : undefined,
  };
}

function reply(message: UploadReply): void {
  port?.postMessage(message);
}
