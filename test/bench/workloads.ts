/** Containers: run, exec, create, restart, and their logs. */
import type { Contestant } from './contestants.ts';
import { post, readAway, timeCli, timed, type Workload } from './workload.ts';

const LOG_LINES = 500_000;

export const CONTAINER_WORKLOADS: readonly Workload[] = [
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
  { name: 'start and stop, at the API', rounds: 15, quickRounds: 4, run: startAndStop },
  { name: 'write 500,000 log lines', rounds: 3, quickRounds: 1, bar: 4, run: writeLog },
  {
    name: 'read them, docker logs',
    rounds: 3,
    quickRounds: 1,
    bar: 8,
    run: (contestant) => readLog(contestant, readByCli),
  },
  {
    name: 'read them, at the API',
    rounds: 3,
    quickRounds: 1,
    bar: 8,
    run: (contestant) => readLog(contestant, readByApi),
  },
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

/** A container that is there already, ended by SIGKILL: what is measured is the engine. */
async function startAndStop(contestant: Contestant): Promise<number> {
  const name = 'bench-stopped';
  const body = { Image: 'busybox', Cmd: ['sleep', '600'], StopSignal: 'KILL' };
  await post(contestant, `/containers/create?name=${name}`, body);
  const { took } = await timed(async () => {
    await post(contestant, `/containers/${name}/start`);
    await post(contestant, `/containers/${name}/stop`);
  });
  await contestant.docker.ok('rm', name);
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
  const { took, value: length } = await timed(() => readAway(contestant, path));
  // Frames of 8 bytes come on top, one a line or fewer.
  if (length < LOG_LINES * LINE.length) throw new Error(`${length} bytes of log`);
  return took;
}
