/** What is timed, as a table. Each run returns milliseconds and leaves nothing behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Contestant } from './contestants.ts';

export interface Workload {
  readonly name: string;
  readonly rounds: number;
  readonly quickRounds: number;
  /** How many times faster than dockerd we mean to be. */
  readonly bar?: number;
  run(contestant: Contestant): Promise<number>;
}

const LOG_LINES = 500_000;

export const WORKLOADS: readonly Workload[] = [
  ...(['bridge', 'none', 'host'] as const).map((network) => ({
    name: `run --rm, network ${network}`,
    rounds: 15,
    quickRounds: 4,
    bar: { bridge: 6, none: 5, host: 4 }[network],
    run: (contestant: Contestant) =>
      timeCli(contestant, ['run', '--rm', '--network', network, 'busybox', 'true']),
  })),
  { name: 'run -d', rounds: 15, quickRounds: 4, bar: 6, run: runDetached },
  {
    name: 'exec',
    rounds: 15,
    quickRounds: 4,
    bar: 2.5,
    run: (contestant) => execute(contestant, execByCli),
  },
  { name: 'create', rounds: 15, quickRounds: 4, run: createByCli },
  {
    name: 'exec, at the API',
    rounds: 25,
    quickRounds: 6,
    bar: 4,
    run: (contestant) => execute(contestant, execByApi),
  },
  { name: 'create, at the API', rounds: 25, quickRounds: 6, bar: 3, run: createByApi },
  { name: 'write 500,000 log lines', rounds: 3, quickRounds: 1, bar: 4, run: writeLog },
  {
    name: 'read them, docker logs',
    rounds: 3,
    quickRounds: 1,
    run: (contestant) => readLog(contestant, readByCli),
  },
  {
    name: 'read them, at the API',
    rounds: 3,
    quickRounds: 1,
    bar: 6,
    run: (contestant) => readLog(contestant, readByApi),
  },
  { name: 'pull 5 layers, 250 MB', rounds: 3, quickRounds: 1, bar: 1.5, run: pull },
];

async function runDetached(contestant: Contestant): Promise<number> {
  const name = 'bench-detached';
  const took = await timeCli(contestant, ['run', '-d', '--name', name, 'busybox', 'sleep', '600']);
  await contestant.docker.ok('rm', '-f', name);
  return took;
}

async function createByCli(contestant: Contestant): Promise<number> {
  const took = await timeCli(contestant, ['create', '--name', 'bench-made', 'busybox', 'true']);
  await contestant.docker.ok('rm', 'bench-made');
  return took;
}

async function createByApi(contestant: Contestant): Promise<number> {
  const body = { Image: 'busybox', Cmd: ['true'] };
  const { took, value } = await timed(() => post(contestant, '/containers/create', body));
  await contestant.docker.ok('rm', (value as { Id: string }).Id);
  return took;
}

/** Within one container that stays for all rounds of a workload's turn. */
async function execute(
  contestant: Contestant,
  work: (contestant: Contestant, name: string) => Promise<number>,
): Promise<number> {
  const name = 'bench-box';
  await contestant.docker.ok('run', '-d', '--name', name, 'busybox', 'sleep', '600');
  try {
    return await work(contestant, name);
  } finally {
    await contestant.docker.ok('rm', '-f', name);
  }
}

function execByCli(contestant: Contestant, name: string): Promise<number> {
  return timeCli(contestant, ['exec', name, 'true']);
}

/** Create, start, read to its end, ask for the exit code: what a client does. */
async function execByApi(contestant: Contestant, name: string): Promise<number> {
  const { took } = await timed(async () => {
    const config = { Cmd: ['true'], AttachStdout: true, AttachStderr: true };
    const { Id } = (await post(contestant, `/containers/${name}/exec`, config)) as { Id: string };
    const body = { Detach: false, Tty: false };
    await contestant.request(`/exec/${Id}/start`, { method: 'POST', body });
    const { ExitCode } = (await contestant.request(`/exec/${Id}/json`)).json() as {
      ExitCode: number;
    };
    if (ExitCode !== 0) throw new Error(`exec true ended with ${ExitCode}`);
  });
  return took;
}

async function writeLog(contestant: Contestant): Promise<number> {
  const { took } = await timed(() => fillLog(contestant));
  await contestant.docker.ok('rm', 'bench-log');
  return took;
}

async function readLog(
  contestant: Contestant,
  read: (contestant: Contestant) => Promise<number>,
): Promise<number> {
  await fillLog(contestant);
  try {
    return await read(contestant);
  } finally {
    await contestant.docker.ok('rm', 'bench-log');
  }
}

const LINE = '2026-01-01T00:00:00 INFO request served in 12 ms, ok\n';

/** Writes lines as fast as a container can; returns when it has ended. */
async function fillLog(contestant: Contestant): Promise<void> {
  const script = `yes "${LINE.trim()}" | head -n ${LOG_LINES}`;
  await contestant.docker.ok('run', '-d', '--name', 'bench-log', 'busybox', 'sh', '-c', script);
  await contestant.docker.ok('wait', 'bench-log');
}

function readByCli(contestant: Contestant): Promise<number> {
  return timeCli(contestant, ['logs', 'bench-log']);
}

async function readByApi(contestant: Contestant): Promise<number> {
  const path = '/containers/bench-log/logs?stdout=1&stderr=1';
  const { took, value } = await timed(() => contestant.request(path));
  // Frames of 8 bytes come on top, one a line or fewer.
  if (value.text.length < LOG_LINES * LINE.length)
    throw new Error(`${value.text.length} bytes of log`);
  return took;
}

async function pull(contestant: Contestant): Promise<number> {
  const took = await timeCli(contestant, ['pull', '--quiet', 'large']);
  await contestant.docker.ok('rmi', 'large');
  return took;
}

/** Runs the docker CLI with its output thrown away. */
async function timeCli({ docker }: Contestant, args: readonly string[]): Promise<number> {
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

async function timed<T>(work: () => Promise<T>): Promise<{ took: number; value: T }> {
  const started = performance.now();
  const value = await work();
  return { took: performance.now() - started, value };
}

async function post(contestant: Contestant, path: string, body: unknown): Promise<unknown> {
  const answer = await contestant.request(path, { method: 'POST', body });
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.json();
}
