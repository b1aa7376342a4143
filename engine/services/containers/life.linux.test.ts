/** The life of real containers: created, started, stopped, restarted, removed. */
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { ContainerFixture } from './testing/container-fixture.ts';

let fixture: ContainerFixture;
beforeAll(async () => {
  fixture = await ContainerFixture.open();
});
afterAll(() => fixture.close());

const never = new AbortController().signal;
const NO_OPTIONS = { signal: '', timeoutSeconds: undefined };
const state = (id: string) => fixture.containers.find(id).state;
const eventsOf = (id: string) =>
  fixture.events.filter((it) => it.actorId === id).map(({ action }) => action);

/** Reacts to SIGTERM at once, which a plain sleep as process 1 would not. */
const PATIENT = ['sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.02; done'];

async function ready(id: string): Promise<void> {
  await eventually('the container is ready', async () =>
    (await fixture.logOf(id)).includes('ready'),
  );
}

describe('a container', () => {
  test('ends with its exit code, its output in its log, its events in order', async () => {
    const { id, exitCode } = await fixture.run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(exitCode).toBe(3);
    expect((await fixture.logOf(id)).split('\n').toSorted()).toEqual(['err', 'out']);
    expect(eventsOf(id)).toEqual(['create', 'start', 'die']);
    expect(fixture.events.find((it) => it.actorId === id && it.action === 'die')).toMatchObject({
      attributes: { exitCode: '3', execDuration: '0', image: 'busybox' },
    });
  });

  test('is not probed any more once it is killed, and again after its next start', async () => {
    const id = await fixture.create(['sleep', '600'], { Healthcheck: { Test: ['CMD', 'true'] } });
    await fixture.containers.start(id);
    expect(fixture.containers.probed(id)).toMatchObject({ id });
    const killed = fixture.containers.kill(id, '');
    expect(fixture.containers.find(id).running).toBe(true);
    expect(fixture.containers.probed(id)).toBeUndefined();
    await killed;
    await fixture.containers.start(id);
    expect(fixture.containers.probed(id)).toMatchObject({ id });
  });

  test('shows 128 + n when a signal ended it', async () => {
    const { exitCode } = await fixture.run([
      'sh',
      '-c',
      'trap - TERM; sh -c "kill -9 $PPID"; exit 1',
    ]);
    expect(exitCode).toBe(1); // process 1 of a namespace is not killed from inside
    const id = await fixture.create(['sleep', '60']);
    await fixture.containers.start(id);
    await fixture.containers.kill(id, 'KILL');
    expect(await fixture.containers.wait(id, 'not-running', never)).toBe(137);
  });

  test('leaves nothing of its run behind: no mount, no bundle, no cgroup, no process', async () => {
    const { id } = await fixture.run(['true']);
    await fixture.settled();
    expect(existsSync(fixture.containers.find(id).bundlePath)).toBe(false);
    expect(readdirSync(`${fixture.folder}/run/exits`)).not.toContain(id);
    const runtime = fixture.context.runtimes.find('');
    expect(runtime.list()).not.toContain(id);
    expect(runtime.cgroupsBelow(fixture.context.settings.cgroupParent)).not.toContain(id);
  });

  test('started twice is not modified, and starts again after its end', async () => {
    const id = await fixture.create(PATIENT);
    await fixture.containers.start(id);
    await expect(fixture.containers.start(id)).rejects.toMatchObject({ code: 'not-modified' });
    await ready(id);
    await fixture.containers.stop(id, NO_OPTIONS);
    expect(state(id)).toMatchObject({ status: 'exited', exitCode: 7 });
    await expect(fixture.containers.stop(id, NO_OPTIONS)).rejects.toMatchObject({
      code: 'not-modified',
    });
    await fixture.containers.start(id);
    expect(state(id).status).toBe('running');
    await fixture.containers.restart(id, { signal: '', timeoutSeconds: 0 });
    expect(state(id).status).toBe('running');
    expect(eventsOf(id).filter((it) => it !== 'attach')).toEqual([
      ...['create', 'start', 'kill', 'die', 'stop', 'start', 'kill'],
      ...eventsOf(id).slice(7),
    ]);
    expect(eventsOf(id).at(-1)).toBe('restart');
  });

  test('that ignores its stop signal is killed when its time is over', async () => {
    const id = await fixture.create(['sh', '-c', 'trap "" TERM; while :; do sleep 0.02; done']);
    await fixture.containers.start(id);
    await fixture.containers.stop(id, { signal: '', timeoutSeconds: 0 });
    expect(state(id)).toMatchObject({ status: 'exited', exitCode: 137 });
  });

  test('is frozen by pause, and ends when it is stopped while frozen', async () => {
    const id = await fixture.create(PATIENT);
    await fixture.containers.start(id);
    await ready(id);
    await fixture.containers.pause(id);
    expect(state(id).status).toBe('paused');
    await expect(fixture.containers.pause(id)).rejects.toMatchObject({ code: 'conflict' });
    await fixture.containers.unpause(id);
    await fixture.containers.pause(id);
    await fixture.containers.stop(id, NO_OPTIONS);
    expect(state(id)).toMatchObject({ status: 'exited', exitCode: 7 });
  });

  test('out of memory is marked so', async () => {
    const { id, exitCode } = await fixture.run(['sh', '-c', 'x=a; while :; do x=$x$x; done'], {
      HostConfig: { Memory: 8 << 20, MemorySwap: 8 << 20 },
    });
    expect(exitCode).not.toBe(0);
    expect(state(id).wasOomKilled).toBe(true);
  });
});

describe('a program that cannot be run', () => {
  test.each([
    { command: ['nosuch'], exitCode: 127, text: /executable file not found/ },
    { command: ['/nosuch/file'], exitCode: 127, text: /no such file or directory/ },
    { command: ['/etc/passwd'], exitCode: 126, text: /permission denied/ },
    { command: ['/etc'], exitCode: 126, text: /permission denied/ },
  ])('$command keeps its container, as created, with $exitCode', async (row) => {
    const id = await fixture.create(row.command);
    await expect(fixture.containers.start(id)).rejects.toThrow(row.text);
    expect(state(id)).toMatchObject({ status: 'created', exitCode: row.exitCode });
    expect(fixture.context.runtimes.find('').list()).not.toContain(id);
  });

  test('with --rm is gone, and those who wait for that are told', async () => {
    const id = await fixture.create(['nosuch'], { HostConfig: { AutoRemove: true } });
    const removed = fixture.containers.wait(id, 'removed', never);
    await expect(fixture.containers.start(id)).rejects.toThrow('executable file not found');
    expect(await removed).toBe(127);
    expect(() => fixture.containers.find(id)).toThrow(`No such container: ${id}`);
  });
});

describe('--rm', () => {
  test('frees the name before the wait for the removal ends', async () => {
    const more = { name: 'again', HostConfig: { AutoRemove: true } };
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      const id = await fixture.create(['sh', '-c', `exit ${round}`], more);
      ids.push(id);
      const removed = fixture.containers.wait(id, 'removed', never);
      await fixture.containers.start(id);
      expect(await removed).toBe(round);
    }
    await fixture.settled();
    const left = fixture.context.snapshotter.listWritable();
    expect(left.filter((id) => ids.includes(id))).toEqual([]);
  });
});

test('docker restart keeps a container of --rm, whose next end removes it', async () => {
  const id = await fixture.create(PATIENT, { HostConfig: { AutoRemove: true } });
  await fixture.containers.start(id);
  await ready(id);
  await fixture.containers.restart(id, NO_OPTIONS);
  expect(state(id).status).toBe('running');
  const removed = fixture.containers.wait(id, 'removed', never);
  await fixture.containers.kill(id, 'KILL');
  expect(await removed).toBe(137);
});

describe('a restart policy', () => {
  test('on-failure:2 starts a failing container twice more', async () => {
    const id = await fixture.create(['sh', '-c', 'exit 5'], {
      HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } },
    });
    await fixture.containers.start(id);
    await eventually('the last retry is over', () => state(id).status === 'exited');
    expect(state(id)).toMatchObject({ restartCount: 2, exitCode: 5 });
    expect(eventsOf(id)).toEqual(['create', 'start', 'die', 'start', 'die', 'start', 'die']);
  });

  test('always does not bring back what a person stopped', async () => {
    const id = await fixture.create(PATIENT, { HostConfig: { RestartPolicy: { Name: 'always' } } });
    await fixture.containers.start(id);
    await ready(id);
    await fixture.containers.stop(id, NO_OPTIONS);
    await fixture.settled();
    expect(state(id).status).toBe('exited');
  });

  test('can be stopped while it waits for the next start', async () => {
    const id = await fixture.create(['false'], {
      HostConfig: { RestartPolicy: { Name: 'always' } },
    });
    await fixture.containers.start(id);
    await eventually('it waits', () => state(id).status === 'restarting');
    await fixture.containers.stop(id, NO_OPTIONS);
    expect(state(id).status).toBe('exited');
    await fixture.containers.remove(id, { force: false, removeVolumes: false });
  });
});

describe('names', () => {
  test('are unique, may be changed, and stand for their container as an id prefix does', async () => {
    const id = await fixture.create(['true'], { name: 'first' });
    await expect(fixture.create(['true'], { name: '/first' })).rejects.toThrow(
      `Conflict. The container name "/first" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
    fixture.containers.rename('first', 'second');
    expect(fixture.containers.find('/second').id).toBe(id);
    expect(fixture.containers.find(id.slice(0, 12)).id).toBe(id);
    expect(() => fixture.containers.find('first')).toThrow('No such container: first');
    await expect(fixture.create(['true'], { name: 'x' })).rejects.toThrow(
      'Invalid container name (x)',
    );
  });
});

describe('remove', () => {
  test('refuses a running container unless it is forced', async () => {
    const id = await fixture.create(['sleep', '60'], { name: 'busy' });
    await fixture.containers.start(id);
    const plain = { force: false, removeVolumes: false };
    await expect(fixture.containers.remove(id, plain)).rejects.toThrow(
      'cannot remove container "/busy": container is running: stop the container before removing or force remove',
    );
    await fixture.containers.remove(id, { ...plain, force: true });
    expect(eventsOf(id)).toEqual(['create', 'start', 'kill', 'die', 'destroy']);
    expect(existsSync(`${fixture.folder}/data/containers/${id}`)).toBe(false);
  });

  test('takes the processes of a shared pid namespace with it', async () => {
    const id = await fixture.create(
      ['sh', '-c', 'sleep 61 & sleep 62 & echo ready; exec sleep 60'],
      {
        HostConfig: { PidMode: 'host' },
      },
    );
    await fixture.containers.start(id);
    await ready(id);
    await fixture.containers.remove(id, { force: true, removeVolumes: false });
    const { cgroupParent } = fixture.context.settings;
    expect(fixture.context.runtimes.find('').cgroupsBelow(cgroupParent)).not.toContain(id);
  });
});

describe('list', () => {
  test('shows what runs, newest first, and more by filter', async () => {
    const label = { test: 'list' };
    const ended = await fixture.run(['sh', '-c', 'exit 9'], { name: 'l-ended', Labels: label });
    const running = await fixture.create(['sleep', '60'], { name: 'l-runs', Labels: label });
    await fixture.containers.start(running);
    const list = async (filters: Record<string, string[]>, all = true) => {
      const found = await fixture.containers.list({
        all,
        limit: undefined,
        size: false,
        filters: new Map(Object.entries({ label: ['test=list'], ...filters })),
      });
      return found.map(({ Id }) => Id);
    };
    expect(await list({}, false)).toEqual([running]);
    expect(await list({})).toEqual([running, ended.id]);
    expect(await list({ exited: ['9'] })).toEqual([ended.id]);
    expect(await list({ status: ['running'] })).toEqual([running]);
    expect(await list({ name: ['^/l-r'] })).toEqual([running]);
    expect(await list({ ancestor: ['busybox'] })).toEqual([running, ended.id]);
    expect(await list({ since: ['l-ended'] })).toEqual([running]);
    expect(await list({ before: ['l-runs'] })).toEqual([ended.id]);
    await fixture.create(['true'], { name: `${'a'.repeat(50)}b`, Labels: label });
    await expect(list({ name: ['^/?(a+)+$'] })).rejects.toThrow('expression takes too long');
    await expect(list({ nosuch: ['1'] })).rejects.toThrow("invalid filter 'nosuch'");
  });
});

describe('prune', () => {
  test('goes on past a container that cannot be removed, which the next one tries again', async () => {
    const Labels = { test: 'prune' };
    const stuck = await fixture.create(['true'], { Labels });
    const other = await fixture.create(['true'], { Labels });
    const prune = async () =>
      (await fixture.containers.prune(new Map([['label', ['test=prune']]]))).ids;
    const failing = vi.spyOn(fixture.context.monitor, 'forget').mockImplementation((id) => {
      if (id === stuck) throw new Error('the disk fails');
    });
    expect(await prune()).toEqual([other]);
    failing.mockRestore();
    expect(fixture.containers.find(stuck).state.status).toBe('dead');
    expect(await prune()).toEqual([stuck]);
  });
});
