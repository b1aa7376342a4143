/** Waiting for a container. */
import { EngineError } from '../../contract/errors.ts';
import type { LiveContainer } from './live-container.ts';
import { hasProcess } from './state.ts';

export type WaitFor = 'not-running' | 'next-exit' | 'removed';

/** The empty text is `not-running`. Throws `invalid-argument`. */
export function parseWaitCondition(text: string): WaitFor {
  if (text === '') return 'not-running';
  if (text === 'not-running' || text === 'next-exit' || text === 'removed') return text;
  throw new EngineError('invalid-argument', `invalid condition: "${text}"`);
}

/**
 * Resolves with the exit code at the condition; `removed` as soon as the container and its name are gone. Rejects with
 * the signal's reason. The wait begins with the call, not later.
 */
export function waitForContainer(
  container: LiveContainer,
  condition: WaitFor,
  signal?: AbortSignal,
): Promise<number> {
  if (condition === 'not-running' && !container.running)
    return Promise.resolve(container.state.exitCode);
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = container.whenReached(
      condition === 'removed' ? 'removed' : 'next-exit',
      (exitCode) => {
        signal?.removeEventListener('abort', abort);
        resolve(exitCode);
      },
    );
    const abort = () => {
      stop();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Resolves when the present run has ended, at once when there is none. */
export async function waitForExit(container: LiveContainer, signal?: AbortSignal): Promise<void> {
  if (!hasProcess(container.state)) return;
  await waitForContainer(container, 'next-exit', signal);
}

/** For what asks whether it runs: a run that is over is none, even if its last output is still being sent. */
export async function waitForEnding(container: LiveContainer): Promise<void> {
  if (container.isEnding) await waitForExit(container);
}

/** True when the promise resolved in time. */
export async function within(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  if (timeoutMs === Infinity) return promise.then(() => true);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
