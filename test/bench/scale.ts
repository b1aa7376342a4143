/**
 * Many containers at once: what watching a hundred costs, and how a thousand of ours stand beside a
 * hundred of dockerd's, which takes minutes to start more.
 */
import type { Contestant, Contestants } from './contestants.ts';
import { cpuMilliseconds, daemonMegabytes, monitorMegabytes } from './memory.ts';
import { percentile, type Row, type ScaleRow } from './report.ts';
import { post, timed } from './workload.ts';

const WATCHED = 100;
const WATCH_MS = 10_000;
/** How often each question is asked. */
const QUESTIONS = 200;
const AT_ONCE = 8;

export interface Counts {
  readonly docker: number;
  readonly gantry: number;
}

/** Processor time of the daemon while somebody watches the stats of a hundred containers. */
export async function measureStats({ docker, gantry }: Contestants, count = WATCHED): Promise<Row> {
  return {
    name: `processor time for the stats of ${count} containers, per second`,
    unit: 'ms',
    docker: await statsCost(docker, count),
    gantry: await statsCost(gantry, count),
  };
}

async function statsCost(contestant: Contestant, count: number): Promise<number> {
  const ids = await startMany(contestant, count, () => {});
  const watching = new AbortController();
  const streams = ids.map((id) =>
    contestant.request(`/containers/${id}/stats`, { signal: watching.signal }).catch(() => {}),
  );
  await pause(2_000); // every stream has had its first sample
  const before = cpuMilliseconds(contestant);
  await pause(WATCH_MS);
  const used = cpuMilliseconds(contestant) - before;
  watching.abort();
  await Promise.all(streams);
  await removeMany(contestant, ids);
  return used / (WATCH_MS / 1000);
}

export async function measureScale(contestants: Contestants, counts: Counts): Promise<ScaleRow[]> {
  const docker = await scaleOf(contestants.docker, counts.docker);
  const gantry = await scaleOf(contestants.gantry, counts.gantry);
  return Object.entries(docker).map(([name, figure]) => ({
    name,
    docker: figure,
    gantry: gantry[name as keyof typeof gantry],
  }));
}

async function scaleOf(contestant: Contestant, count: number) {
  const starts: number[] = [];
  const { took: startMs, value: ids } = await timed(() =>
    startMany(contestant, count, (ms) => starts.push(ms)),
  );
  const list = await ask(contestant, () => '/containers/json');
  const inspect = await ask(contestant, (turn) => `/containers/${ids[turn % ids.length]}/json`);
  const daemonMb = daemonMegabytes(contestant);
  const monitorsMb = monitorMegabytes(contestant);
  const { took: removeMs } = await timed(() => removeMany(contestant, ids));
  return {
    containers: String(count),
    'start each': `${(startMs / count).toFixed(1)} ms`,
    'create and start, p50 / p99': spread(starts),
    'list, p50 / p99': spread(list),
    'inspect, p50 / p99': spread(inspect),
    'remove each': `${(removeMs / count).toFixed(1)} ms`,
    'memory of the daemon (RSS)': `${daemonMb.toFixed(0)} MB`,
    'memory per container, its monitor (PSS)': `${(monitorsMb / count).toFixed(2)} MB`,
  };
}

function spread(values: readonly number[]): string {
  return `${percentile(values, 50).toFixed(1)} / ${percentile(values, 99).toFixed(1)} ms`;
}

async function ask(contestant: Contestant, path: (turn: number) => string): Promise<number[]> {
  const took: number[] = [];
  for (let turn = 0; turn < QUESTIONS; turn++)
    took.push((await timed(() => contestant.request(path(turn)))).took);
  return took;
}

/** On the default bridge, two at a time: as many as there are processors. */
async function startMany(
  contestant: Contestant,
  count: number,
  onStart: (milliseconds: number) => void,
): Promise<string[]> {
  return await inParallel(Array.from({ length: count }), 2, async () => {
    const { took, value } = await timed(async () => {
      const body = { Image: 'busybox', Cmd: ['sleep', '3600'] };
      const { Id } = (await post(contestant, '/containers/create', body)) as { Id: string };
      await post(contestant, `/containers/${Id}/start`);
      return Id;
    });
    onStart(took);
    return value;
  });
}

async function removeMany(contestant: Contestant, ids: readonly string[]): Promise<void> {
  await inParallel(ids, AT_ONCE, async (id) => {
    const answer = await contestant.request(`/containers/${id}?force=1`, { method: 'DELETE' });
    if (answer.status >= 300) throw new Error(`DELETE ${id}: ${answer.status} ${answer.text}`);
  });
}

async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
