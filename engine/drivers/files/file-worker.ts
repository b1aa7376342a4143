/**
 * Entry of a file Worker: any number of jobs, each in its own root, in turns of a few milliseconds. A
 * job whose client does not take or send anything waits without holding up the others.
 */
import { parentPort } from 'node:worker_threads';
import { HomeRoot, type ThreadRoot } from '../../host/thread-root.ts';
import { openLayerAlone, openLayerRoot, openTreeRoot } from './container-root.ts';
import { answerOf } from './file-errors.ts';
import {
  PIECES_AHEAD_MAX,
  type FileReply,
  type FileRequest,
  type FileTask,
} from './file-messages.ts';
import { archiveLayer, layerSize, listChanges } from './layer-changes.ts';
import { archiveSource, statPath } from './paths.ts';
import { archiveTree } from './tree-archiver.ts';
import { WriteJob } from './write-job.ts';

const port = parentPort;
if (port === null) throw new Error('file-worker runs as a Worker only');

const home = new HomeRoot();
const jobs = new Map<number, Job>();
const TURN_MS = 5;

interface Job {
  readonly root: ThreadRoot;
  /** What is left to do in steps; each yields a piece of an archive, or nothing. */
  readonly steps?: Iterator<Buffer | undefined, number | undefined>;
  readonly writing?: WriteJob;
  /** Pieces that may still be sent. */
  credit: number;
  isPlanned: boolean;
}

port.on('message', (request: FileRequest) => {
  if (request.kind === 'begin') begin(request.job, request.task);
  else handle(request);
});

function handle(request: Exclude<FileRequest, { kind: 'begin' }>): void {
  const { job: id } = request;
  const job = jobs.get(id);
  if (job === undefined) return; // it ended meanwhile
  if (request.kind === 'abort') finish(id, { kind: 'done', job: id });
  else if (request.kind === 'more') {
    job.credit++;
    plan(id, job);
  } else if (request.kind === 'end') job.writing?.end();
  else
    job.writing?.take(
      Buffer.from(request.bytes.buffer, request.bytes.byteOffset, request.bytes.length),
    );
}

function begin(id: number, task: FileTask): void {
  let root: ThreadRoot | undefined;
  try {
    root = openRoot(task);
    const job = start(id, task, root);
    if (job === undefined) {
      root.close();
      reply({ kind: 'done', job: id });
      return;
    }
    jobs.set(id, job);
    plan(id, job);
  } catch (error) {
    root?.close();
    reply({ kind: 'failed', job: id, ...answerOf(error) });
  }
}

function openRoot(task: FileTask): ThreadRoot {
  if (task.kind === 'size') return openLayerAlone(home, task.layer);
  if ('layer' in task) return openLayerRoot(home, task.layer);
  return openTreeRoot(home, task.tree, task.kind === 'write' ? task.options : {});
}

/** In the job's root. Undefined for what was done at once. */
function start(id: number, task: FileTask, root: ThreadRoot): Job | undefined {
  const job = { root, credit: PIECES_AHEAD_MAX, isPlanned: false };
  switch (task.kind) {
    case 'stat':
      reply({ kind: 'result', job: id, result: statPath(task.path) });
      return undefined;
    case 'read':
      reply({ kind: 'result', job: id, result: statPath(task.path) });
      return { ...job, steps: archiveTree(archiveSource(task.path)) };
    case 'export':
      return { ...job, steps: archiveTree({ path: '/', name: '' }) };
    case 'changes': {
      const result = listChanges(task.layer.lowerOptions !== undefined);
      reply({ kind: 'result', job: id, result });
      return undefined;
    }
    case 'layer':
      return { ...job, steps: archiveLayer(task.layer.lowerOptions !== undefined) };
    case 'size':
      return { ...job, steps: layerSize() };
    case 'write': {
      const writing = new WriteJob(task, root, {
        onTaken: () => reply({ kind: 'taken', job: id }),
        onEnd: () => finish(id, { kind: 'done', job: id }),
        onFailure: (error) => finish(id, { kind: 'failed', job: id, ...answerOf(error) }),
      });
      return { ...job, writing };
    }
    default:
      return task satisfies never;
  }
}

/** Messages come in between the turns of jobs. */
function plan(id: number, job: Job): void {
  if (job.steps === undefined || job.isPlanned || job.credit <= 0) return;
  job.isPlanned = true;
  setImmediate(() => {
    job.isPlanned = false;
    if (jobs.get(id) === job) takeTurn(id, job);
  });
}

function takeTurn(id: number, job: Job): void {
  const { steps, root } = job;
  if (steps === undefined) return;
  const until = performance.now() + TURN_MS;
  try {
    root.enter();
    while (job.credit > 0 && performance.now() < until) {
      const { done, value } = steps.next();
      if (done) {
        if (value !== undefined) reply({ kind: 'result', job: id, result: value });
        finish(id, { kind: 'done', job: id });
        return;
      }
      if (value === undefined) continue;
      job.credit--;
      reply({ kind: 'piece', job: id, bytes: value }, [value.buffer as ArrayBuffer]);
    }
    plan(id, job);
  } catch (error) {
    finish(id, { kind: 'failed', job: id, ...answerOf(error) });
  }
}

function finish(id: number, last: FileReply): void {
  const job = jobs.get(id);
  if (job === undefined) return;
  jobs.delete(id);
  job.root.enter();
  job.writing?.close();
  job.steps?.return?.();
  job.root.close();
  reply(last);
}

function reply(message: FileReply, transfer: ArrayBuffer[] = []): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a Worker, not a window
  port?.postMessage(message, transfer);
}
