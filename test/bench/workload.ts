/** What is timed, and with what. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Contestant } from './contestants.ts';

export interface Workload {
  readonly name: string;
  readonly rounds: number;
  readonly quickRounds: number;
  /** How many times faster than dockerd we mean to be. */
  readonly bar?: number;
  /** Milliseconds. Leaves nothing behind, unless it says so. */
  run(contestant: Contestant): Promise<number>;
}

/** Runs the docker CLI with its output thrown away. */
export async function timeCli({ docker }: Contestant, args: readonly string[]): Promise<number> {
  const started = performance.now();
  const child = spawn(docker.program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: docker.environment,
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  const took = performance.now() - started;
  if (status !== 0) throw new Error(`docker ${args.join(' ')} ended with ${status}: ${stderr}`);
  return took;
}

export async function timed<T>(work: () => Promise<T>): Promise<{ took: number; value: T }> {
  const started = performance.now();
  const value = await work();
  return { took: performance.now() - started, value };
}

/** Answers are JSON; throws for any but a success. */
export async function post(contestant: Contestant, path: string, body?: unknown): Promise<unknown> {
  const answer = await contestant.request(path, { method: 'POST', body });
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.text === '' ? undefined : answer.json();
}

/**
 * Reads an answer to its end and keeps none of it: bytes of its head and body, framing included. One
 * buffer serves all reads, since what is measured is the engine, not how fast a client finds memory.
 */
export async function readAway({ socket }: Contestant, path: string): Promise<number> {
  let length = 0;
  const buffer = Buffer.alloc(1 << 18);
  const onread = {
    buffer,
    callback: (size: number) => {
      if (length === 0 && !buffer.subarray(9, 12).equals(SUCCESS))
        throw new Error(`GET ${path}: ${buffer.subarray(0, size).toString('latin1')}`);
      length += size;
      return true;
    },
  };
  const connection = connect({ path: socket, onread });
  connection.write(`GET ${path} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n`);
  await once(connection, 'close');
  return length;
}

const SUCCESS = Buffer.from('200');
