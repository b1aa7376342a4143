/**
 * Long work that outlives the window it was started from: for now, pulls.
 *
 * The list is told at most ten times a second and always once more after the last change. At most
 * `RUNNING_LIMIT` tasks run; of those that ended the newest `ENDED_LIMIT` are kept until dismissed.
 */
import { randomUUID } from 'node:crypto';
import { EngineError, messageOf } from '../../engine/contract/errors.ts';
import { IMAGE_ROUTES } from '../../engine/contract/images.ts';
import { parseReference, repositoryOf } from '../../engine/formats/reference.ts';
import type { EngineClient } from '../client/engine-client.ts';
import type { Task } from '../ipc/contract.ts';
import { PullProgress } from './pull-progress.ts';

const TELL_EVERY_MS = 100;
const RUNNING_LIMIT = 16;
const ENDED_LIMIT = 50;

interface Pull {
  readonly taskId: string;
  readonly reference: string;
  readonly startedMs: number;
  readonly progress: PullProgress;
  readonly cancel: AbortController;
  state: Task['state'];
  endedMs?: number;
  error?: string;
}

export interface TaskListener {
  /** The whole list, newest first. */
  onTasks(tasks: readonly Task[]): void;
  onTaskEnded(task: Task): void;
}

export class Tasks {
  readonly #client: EngineClient;
  readonly #listener: TaskListener;
  /** Oldest first. */
  readonly #pulls = new Map<string, Pull>();
  #timer: NodeJS.Timeout | undefined;
  #toldMs = 0;
  #closed = false;

  constructor(client: EngineClient, listener: TaskListener) {
    this.#client = client;
    this.#listener = listener;
  }

  get list(): readonly Task[] {
    return [...this.#pulls.values()].map(describe).reverse();
  }

  /** Begins a pull; one of the same reference that runs already is joined. Throws for no reference. */
  pull(reference: string): { taskId: string } {
    sourceOf(reference);
    const running = [...this.#pulls.values()].filter(({ state }) => state === 'running');
    const same = running.find((pull) => pull.reference === reference);
    if (same) return { taskId: same.taskId };
    if (running.length >= RUNNING_LIMIT)
      throw new EngineError('unavailable', `${RUNNING_LIMIT} tasks are running already`);
    const pull: Pull = {
      taskId: randomUUID(),
      reference,
      startedMs: Date.now(),
      progress: new PullProgress(),
      cancel: new AbortController(),
      state: 'running',
    };
    this.#pulls.set(pull.taskId, pull);
    void this.#run(pull);
    return { taskId: pull.taskId };
  }

  /** Idempotent; an ended task stays as it is. */
  cancel(taskId: string): void {
    const pull = this.#find(taskId);
    if (pull.state === 'running') pull.cancel.abort();
  }

  /** Takes the place of an ended task with a new one. */
  retry(taskId: string): { taskId: string } {
    const pull = this.#find(taskId);
    if (pull.state === 'running') return { taskId };
    const next = this.pull(pull.reference);
    this.#pulls.delete(taskId);
    this.#changed();
    return next;
  }

  dismiss(taskId: string): void {
    const pull = this.#find(taskId);
    if (pull.state === 'running') throw new EngineError('conflict', 'the task is still running');
    this.#pulls.delete(taskId);
    this.#changed();
  }

  /** Cancels what runs; nothing is told any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const pull of this.#pulls.values()) pull.cancel.abort();
  }

  async #run(pull: Pull): Promise<void> {
    this.#changed();
    const { signal } = pull.cancel;
    const query = sourceOf(pull.reference);
    try {
      for await (const message of this.#client.lines(IMAGE_ROUTES.imageCreate, {
        query,
        signal,
      })) {
        pull.progress.apply(message, Date.now());
        this.#changed();
      }
      pull.state = 'done';
    } catch (error) {
      pull.state = signal.aborted ? 'cancelled' : 'failed';
      if (!signal.aborted) pull.error = messageOf(error);
    }
    pull.endedMs = Date.now();
    if (this.#closed) return;
    this.#forgetOldest();
    this.#changed();
    this.#listener.onTaskEnded(describe(pull));
  }

  #find(taskId: string): Pull {
    const pull = this.#pulls.get(taskId);
    if (!pull) throw new EngineError('not-found', 'no such task');
    return pull;
  }

  #forgetOldest(): void {
    const ended = [...this.#pulls.values()].filter(({ state }) => state !== 'running');
    for (const { taskId } of ended.slice(0, Math.max(0, ended.length - ENDED_LIMIT)))
      this.#pulls.delete(taskId);
  }

  #changed(): void {
    if (this.#timer || this.#closed) return;
    const waitMs = Math.max(0, this.#toldMs + TELL_EVERY_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#toldMs = Date.now();
      this.#listener.onTasks(this.list);
    }, waitMs);
  }
}

function describe(pull: Pull): Task {
  const { progress } = pull;
  return {
    taskId: pull.taskId,
    kind: 'pull',
    subject: pull.reference,
    state: pull.state,
    startedMs: pull.startedMs,
    ...(pull.endedMs !== undefined && { endedMs: pull.endedMs }),
    layers: progress.layers,
    currentBytes: progress.currentBytes,
    totalBytes: progress.totalBytes,
    bytesPerSecond: pull.state === 'running' ? progress.bytesPerSecond(Date.now()) : 0,
    ...(pull.error !== undefined && { error: pull.error }),
  };
}

/** An empty tag would pull every tag there is. */
function sourceOf(reference: string): { fromImage: string; tag: string } {
  const parsed = parseReference(reference);
  return { fromImage: repositoryOf(parsed), tag: parsed.digest ?? parsed.tag ?? 'latest' };
}
