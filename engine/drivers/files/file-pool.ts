/**
 * `ContainerFiles` on Workers. A Worker serves any number of jobs in turns, so a client that stalls
 * costs the others nothing but a little memory; a second Worker is for the second core. None is alive
 * while there is nothing to do: each costs about 12 MB.
 */
import { Worker } from 'node:worker_threads';
import { EngineError } from '../../contract/errors.ts';
import { returnFreeMemory } from '../../host/memory.ts';
import type {
  Change,
  ContainerFiles,
  FileTree,
  PathStat,
  ReadArchive,
  WriteOptions,
} from '../container-files.ts';
import type { WritableLayer } from '../snapshots.ts';
import { FileJob } from './file-job.ts';
import type { FileReply, FileRequest, FileTask } from './file-messages.ts';
import { plainArchive } from './outside-decompression.ts';

const ENTRY = new URL('./file-worker.ts', import.meta.url);
const WORKERS_MAX = 2;
/** From the look a client takes before its copy to the copy; and a little more. */
const IDLE_MS = 5_000;
/** Each holds a mount namespace, a few descriptors and at most 2 MB. */
const JOBS_MAX = 256;
/** A job that nobody took anything from for so long gives way to a new one when there are too many. */
const STALLED_MS = 30_000;
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 4 };

interface Crew {
  readonly worker: Worker;
  readonly jobs: Map<number, FileJob>;
  timer: NodeJS.Timeout | undefined;
}

export class FilePool implements ContainerFiles {
  private readonly crews: Crew[] = [];
  private nextJob = 1;

  async stat(tree: FileTree, path: string, signal: AbortSignal): Promise<PathStat> {
    const job = this.begin({ kind: 'stat', tree, path }, signal);
    return (await job.result()) as PathStat;
  }

  async read(tree: FileTree, path: string, signal: AbortSignal): Promise<ReadArchive> {
    const job = this.begin({ kind: 'read', tree, path }, signal);
    const stat = (await job.result()) as PathStat;
    return { stat, bytes: job.pieces() };
  }

  async write(
    tree: FileTree,
    path: string,
    archive: AsyncIterable<Uint8Array>,
    options: WriteOptions,
    signal: AbortSignal,
  ): Promise<void> {
    const job = this.begin({ kind: 'write', tree, path, options }, signal);
    await job.feed(plainArchive(archive, signal));
  }

  exportAll(rootfs: FileTree['rootfs'], signal: AbortSignal): AsyncIterable<Buffer> {
    return this.begin({ kind: 'export', tree: { rootfs, mounts: [] } }, signal).pieces();
  }

  async changes(layer: WritableLayer, signal: AbortSignal): Promise<Change[]> {
    return (await this.begin({ kind: 'changes', layer }, signal).result()) as Change[];
  }

  layerOf(layer: WritableLayer, signal: AbortSignal): AsyncIterable<Buffer> {
    return this.begin({ kind: 'layer', layer }, signal).pieces();
  }

  async sizeBytes(layer: WritableLayer, signal: AbortSignal): Promise<number> {
    return (await this.begin({ kind: 'size', layer }, signal).result()) as number;
  }

  /** Ends every Worker; jobs under way fail as cancelled. */
  async close(): Promise<void> {
    await Promise.all(this.crews.splice(0).map((crew) => this.dismiss(crew)));
  }

  private begin(task: FileTask, signal: AbortSignal): FileJob {
    signal.throwIfAborted();
    this.makeRoom();
    const crew = this.crewForNext();
    const id = this.nextJob++;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a Worker, not a window
    const send = (request: FileRequest, transfer: ArrayBuffer[] = []) =>
      crew.worker.postMessage(request, transfer);
    const job = new FileJob(id, send, signal, () => this.release(crew, id));
    crew.jobs.set(id, job);
    send({ kind: 'begin', job: id, task });
    return job;
  }

  private makeRoom(): void {
    const all = this.crews.flatMap((crew) => [...crew.jobs.values()]);
    if (all.length < JOBS_MAX) return;
    const [stalest] = all.toSorted((a, b) => a.movedAtMs - b.movedAtMs);
    if (stalest === undefined || performance.now() - stalest.movedAtMs < STALLED_MS)
      throw new EngineError('unavailable', `${JOBS_MAX} copies are under way: try again later`);
    stalest.cancel(new EngineError('cancelled', 'the copy stalled and gave way to another'));
  }

  /** An idle one, a new one, or the least busy. */
  private crewForNext(): Crew {
    const [least] = this.crews.toSorted((a, b) => a.jobs.size - b.jobs.size);
    const crew =
      least !== undefined && (least.jobs.size === 0 || this.crews.length >= WORKERS_MAX)
        ? least
        : this.hire();
    clearTimeout(crew.timer);
    crew.worker.ref();
    return crew;
  }

  private hire(): Crew {
    // Arguments of the engine's own command line (loaders, inspectors) are not for its Workers.
    const worker = new Worker(ENTRY, { execArgv: [], resourceLimits: RESOURCE_LIMITS });
    const crew: Crew = { worker, jobs: new Map(), timer: undefined };
    worker.on('message', (reply: FileReply) => crew.jobs.get(reply.job)?.handle(reply));
    worker.on('error', (error) => this.lose(crew, error));
    worker.on('exit', () => this.lose(crew, new EngineError('cancelled', 'context canceled')));
    this.crews.push(crew);
    return crew;
  }

  private release(crew: Crew, id: number): void {
    crew.jobs.delete(id);
    if (crew.jobs.size > 0) return;
    crew.worker.unref();
    clearTimeout(crew.timer);
    crew.timer = setTimeout(() => void this.dismiss(crew), IDLE_MS);
    crew.timer.unref();
  }

  private lose(crew: Crew, error: Error): void {
    this.forget(crew);
    for (const job of crew.jobs.values()) job.cancel(error);
  }

  private async dismiss(crew: Crew): Promise<void> {
    this.forget(crew);
    await crew.worker.terminate();
    if (this.crews.length === 0) returnFreeMemory();
  }

  private forget(crew: Crew): void {
    clearTimeout(crew.timer);
    const index = this.crews.indexOf(crew);
    if (index !== -1) this.crews.splice(index, 1);
  }
}
