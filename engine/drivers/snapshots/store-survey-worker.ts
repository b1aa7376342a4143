/**
 * Entry of the survey Worker: one task at a time. It remembers the last image it surveyed, so that the
 * pages of a list cost no second walk.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { EngineError, messageOf, type ErrorCode } from '../../contract/errors.ts';
import type { Digest } from '../../formats/digest.ts';
import { TarReader } from '../../formats/tar-reader.ts';
import { errnoOf } from '../../host/errno.ts';
import type { FileList, FileListRequest, LayerComparison } from '../store-surveyor.ts';
import { decompressAny } from './decompression.ts';
import { outsideDecoder } from './outside-decoder.ts';
import { LayerComparer } from './layer-comparer.ts';
import { LayerSurvey, type SurveyedLayer } from './layer-survey.ts';
import type { SurveyReply, SurveyRequest } from './store-survey-messages.ts';

const READ_BYTES = 256 << 10;
const DIFFERENCES_MAX = 100;

const port = parentPort;
if (port === null) throw new Error('store-survey-worker runs as a Worker only');
port.on('message', (request: SurveyRequest) => void run(request));

async function run(request: SurveyRequest): Promise<void> {
  try {
    reply({ kind: 'done', result: await answer(request) });
  } catch (error) {
    reply({ kind: 'failed', code: codeOf(error), message: messageOf(error) });
  }
}

function answer(request: SurveyRequest): unknown {
  switch (request.kind) {
    case 'digest':
      return digestOf(request.path);
    case 'compare':
      return compare(request.blobPath, request.directory);
    case 'survey':
      return survey(request.directories).map(({ totals }) => totals);
    case 'files':
      return filesOf(request);
    default:
      return request satisfies never;
  }
}

function digestOf(path: string): Digest {
  const hash = createHash('sha256');
  for (const chunk of chunksOf(path)) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

async function compare(blobPath: string, directory: string): Promise<LayerComparison> {
  const digest = digestOf(blobPath);
  const comparer = new LayerComparer(directory);
  const diffId = await readArchive(blobPath, comparer).catch(() => undefined);
  comparer.abort();
  const { names, count } = comparer.differences(DIFFERENCES_MAX);
  return { digest, diffId, differences: names, differenceCount: count };
}

async function readArchive(path: string, comparer: LayerComparer): Promise<Digest> {
  const reader = new TarReader(comparer);
  const hash = createHash('sha256');
  const take = (piece: Buffer) => {
    hash.update(piece);
    reader.write(piece);
  };
  const decompression = decompressAny(take, outsideDecoder);
  try {
    for (const chunk of chunksOf(path)) await decompression.write(chunk);
    await decompression.end();
    reader.end();
  } finally {
    decompression.abort();
  }
  return `sha256:${hash.digest('hex')}`;
}

let last: { readonly key: string; readonly layers: SurveyedLayer[] } | undefined;

function survey(directories: readonly string[]): SurveyedLayer[] {
  const key = directories.join('\0');
  if (last?.key !== key) {
    last = undefined; // two at a time would take twice the memory
    const layers = new LayerSurvey();
    for (const directory of directories) layers.add(Buffer.from(directory).toString('latin1'));
    last = { key, layers: layers.results() };
  }
  return last.layers;
}

function filesOf({ directories, layer, change, offset, limit }: FileListRequest): FileList {
  const all = survey(directories)[layer]?.files ?? [];
  const those = change === undefined ? all : all.filter((file) => file.change === change);
  return { files: those.slice(offset, offset + limit), total: those.length };
}

function* chunksOf(path: string): Generator<Buffer> {
  const fd = openSync(path, 'r');
  try {
    for (;;) {
      // A new buffer each time: the decompressor keeps a reference to the last one.
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      const length = readSync(fd, buffer, 0, READ_BYTES, null);
      if (length === 0) return;
      yield buffer.subarray(0, length);
    }
  } finally {
    closeSync(fd);
  }
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof EngineError) return error.code;
  return errnoOf(error) === 'ENOENT' ? 'not-found' : 'internal';
}

function reply(message: SurveyReply): void {
  port?.postMessage(message);
}
