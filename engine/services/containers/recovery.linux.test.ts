/** Engines that were killed, and what the next one makes of it. */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { MonitoredProcess } from '../../drivers/monitor.ts';
import { OciRuntime } from '../../drivers/runtime/oci-runtime.ts';
import { run } from '../../host/processes.ts';
import { makeNode, mount, unmount } from '../../host/system-calls.ts';
import { ContainerFixture } from './testing/container-fixture.ts';

const open: ContainerFixture[] = [];
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture.close();
});

async function start(): Promise<ContainerFixture> {
  const fixture = await ContainerFixture.open();
  open.push(fixture);
  return fixture;
}

/** The next engine over the same folder, after the first was killed. */
async function restart(fixture: ContainerFixture): Promise<ContainerFixture> {
  open.splice(open.indexOf(fixture), 1);
  fixture.abandon();
  const next = await ContainerFixture.open({ folder: fixture.folder });
  open.push(next);
  return next;
}

const never = new AbortController().signal;

describe('the next engine', () => {
  test('adopts a container that runs, and hears of its end', async () => {
    const first = await start();
    const id = await first.create(['sh', '-c', 'trap "exit 4" TERM; while :; do sleep 0.02; done']);
    await first.containers.start(id);
    const { pid } = first.containers.find(id);
    const second = await restart(first);
    expect(second.containers.find(id)).toMatchObject({ running: true, pid });
    const ended = second.containers.wait(id, 'next-exit', never);
    await second.containers.stop(id, { signal: '', timeoutSeconds: undefined });
    expect(await ended).toBe(4);
  });

  test('knows the exit code and whole log of one that ended while there was no engine', async () => {
    const first = await start();
    const id = await first.create(['sh', '-c', 'echo one; sleep 0.2; echo two; exit 6']);
    await first.containers.start(id);
    const { pid } = first.containers.find(id);
    first.abandon();
    await eventually('the container has ended', () => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    });
    await eventually('its end is on record', () => {
      const { monitor } = first.context;
      return monitor.exitOf(id, first.containers.find(id).bundlePath) !== undefined;
    });
    open.splice(open.indexOf(first), 1);
    const second = await ContainerFixture.open({ folder: first.folder });
    open.push(second);
    expect(second.containers.find(id).state).toMatchObject({ status: 'exited', exitCode: 6 });
    expect(await second.logOf(id)).toBe('one\ntwo');
    expect(second.context.runtimes.find('').list()).toEqual([]);
  });

  test.each([
    { moment: 'before', begin: () => {} },
    { moment: 'while', begin: (fifo: string) => closeSync(openSync(fifo, 'w')) },
  ])('lets containers go on whose engine died $moment it let them go', async ({ begin }) => {
    const first = await start();
    const runtime = first.context.runtimes.find('');
    const died = new Error('killed here');
    runtime.release = (id) => {
      begin(join(runtime.stateRoot, id, 'exec.fifo'));
      return Promise.reject(died);
    };
    first.context.monitor.discard = () => {}; // the dying engine does not take back either
    runtime.remove = () => Promise.resolve();
    first.context.snapshotter.unmount = () => Promise.resolve();
    first.context.files.removeBundle = () => Promise.resolve();
    first.context.store.setState = () => {};
    const ids: string[] = [];
    for (let count = 0; count < 12; count++) {
      const id = await first.create(['sh', '-c', 'exit 8']);
      await expect(first.containers.start(id)).rejects.toBe(died);
      ids.push(id);
    }
    const second = await restart(first);
    const codes = ids.map((id) => second.containers.wait(id, 'not-running', never));
    expect(await Promise.all(codes)).toEqual(ids.map(() => 8));
  });

  test('takes a container for running that was let go right before the engine died', async () => {
    const first = await start();
    const id = await first.create(['sh', '-c', 'trap "exit 4" TERM; while :; do sleep 0.02; done']);
    await first.containers.start(id);
    const fifo = join(first.context.runtimes.find('').stateRoot, id, 'exec.fifo');
    await run('mkfifo', [fifo]); // it is unlinked last
    const second = await restart(first);
    expect(second.containers.find(id).running).toBe(true);
    expect(existsSync(fifo)).toBe(false);
    await second.containers.stop(id, { signal: '', timeoutSeconds: undefined });
    expect(second.containers.find(id).state.exitCode).toBe(4);
  });

  test('knows the end of a container that ends while it is adopted', async () => {
    const first = await start();
    const id = await first.create(['sleep', '60']);
    await first.containers.start(id);
    const { container: init } = first.containers.find(id).state.process!;
    await first.context.runtimes.find('').pause(id); // a commit that the engine's end cut off
    const { store } = first.context;
    store.setState(first.containers.find(id), { status: 'paused', isFrozenForCommit: true });
    const thawed = OciRuntime.prototype.resume;
    const isEnding = vi.spyOn(OciRuntime.prototype, 'resume').mockImplementation(async function (
      this: OciRuntime,
      containerId: string,
    ) {
      await thawed.call(this, containerId);
      process.kill(init.pid, 'SIGKILL');
      // On record, or handled already, which is what must not be.
      await eventually('it has ended', () => {
        const { monitor, files } = first.context;
        return monitor.exitOf(id, files.bundleOf(id)) !== undefined || !files.hasBundle(id);
      });
    });
    const second = await restart(first).finally(() => isEnding.mockRestore());
    expect(await second.containers.wait(id, 'not-running', never)).toBe(137);
    await second.settled();
    expect(second.containers.find(id).state).toMatchObject({ status: 'exited', exitCode: 137 });
  });

  test('marks a container whose monitor was killed, and can still stop and remove it', async () => {
    const fixture = await start();
    const id = await fixture.create(['sleep', '60']);
    await fixture.containers.start(id);
    const { monitor } = fixture.containers.find(id).state.process!;
    process.kill(monitor.pid, 'SIGKILL');
    await eventually('it is marked', () => fixture.containers.find(id).state.error !== '');
    expect(fixture.containers.find(id).running).toBe(true);
    await fixture.containers.stop(id, { signal: '', timeoutSeconds: 0 });
    expect(fixture.containers.find(id).state).toMatchObject({ status: 'exited', exitCode: 255 });
    await fixture.containers.remove(id, { force: false, removeVolumes: false });
  });

  test('removes what no record names', async () => {
    const first = await start();
    const orphan = 'f'.repeat(64);
    first.context.snapshotter.createWritable(orphan);
    first.context.snapshotter.mount(orphan, []);
    first.context.files.create(orphan);
    mkdirSync(join(first.folder, 'run/bundles', orphan));
    const second = await restart(first);
    expect(second.context.snapshotter.listWritable()).toEqual([]);
    expect(second.context.files.list()).toEqual([]);
  });

  test('starts after a reboot what its policy says, and shows the rest as exited 255', async () => {
    const first = await start();
    const forever = await first.create(['sleep', '60'], {
      HostConfig: { RestartPolicy: { Name: 'always' } },
    });
    const once = await first.create(['sleep', '60']);
    const states = first.context.store;
    for (const id of [forever, once]) {
      await first.containers.start(id);
      const container = first.containers.find(id);
      const { process: identity } = container.state;
      process.kill(identity!.container.pid, 'SIGKILL');
      await first.containers.wait(id, 'not-running', never);
      await first.settled();
      clearTimeout(container.restartTimer);
      // As an engine that was cut off by the reboot left it.
      states.setState(container, { status: 'running', process: identity, bootId: 'earlier' });
    }
    first.context.runtimes.close(); // a reboot takes mounts away
    rmSync(join(first.folder, 'run'), { recursive: true, force: true });
    const second = await restart(first);
    expect(second.containers.find(once).state).toMatchObject({ status: 'exited', exitCode: 255 });
    await eventually('it runs', () => second.containers.find(forever).state.status === 'running');
  });

  test('shows a container as frozen that was when the engine died, whatever it had noted', async () => {
    const first = await start();
    const id = await first.create(['sleep', '60']);
    await first.containers.start(id);
    await first.context.runtimes.find('').pause(id); // and the engine dies before it notes that
    const second = await restart(first);
    expect(second.containers.find(id).state.status).toBe('paused');
    await second.containers.unpause(id);
    expect(second.containers.find(id).state.status).toBe('running');
  });

  test('finishes a removal that was cut off between volumes and record', async () => {
    const first = await start();
    const id = await first.create(['true'], { Volumes: { '/kept': {} } });
    const container = first.containers.find(id);
    first.context.store.setState(container, {
      status: 'removing',
      removal: { removeVolumes: true },
    });
    const second = await restart(first);
    await second.settled();
    expect(second.context.store.all()).toEqual([]);
    expect(second.context.volumes.list()).toEqual([]);
    expect(second.context.files.list()).toEqual([]);
  });

  test('undoes a creation that was cut off, with the volume that was made for it', async () => {
    const first = await start();
    first.context.store.complete = () => {};
    await first.create(['true'], { name: 'half', Volumes: { '/kept': {} } });
    expect(first.context.volumes.list()).toHaveLength(1);
    const second = await restart(first);
    expect(second.context.store.all()).toEqual([]);
    expect(second.context.volumes.list()).toEqual([]);
    expect(second.context.snapshotter.listWritable()).toEqual([]);
    await second.create(['true'], { name: 'half' });
  });

  test('ends the monitor and the process of a start that was cut off', async () => {
    const first = await start();
    const id = await first.create(['sleep', '60'], { Tty: true });
    const died = new Error('killed here');
    let begun: MonitoredProcess | undefined;
    first.context.store.commitState = (_container, { process: made }) => {
      begun = made;
      throw died;
    };
    first.context.monitor.discard = () => {}; // the dying engine does not take back
    first.context.runtimes.find('').remove = () => Promise.resolve();
    first.context.snapshotter.unmount = () => Promise.resolve();
    first.context.files.removeBundle = () => Promise.resolve();
    first.context.store.setState = () => {};
    await expect(first.containers.start(id)).rejects.toBe(died);
    const second = await restart(first);
    const { monitor, runtimes, files } = second.context;
    expect(second.containers.find(id).state.status).toBe('created');
    expect(begun && [begun.monitor, begun.container].some((it) => monitor.isAlive(it))).toBe(false);
    expect(runtimes.find('').list()).toEqual([]);
    expect(files.hasBundle(id)).toBe(false);
    expect(monitor.listExits()).toEqual([]);
  });

  test('says that nobody saw the end of a container whose monitor was killed before it', async () => {
    const first = await start();
    const id = await first.create(['sleep', '60']);
    await first.containers.start(id);
    const { monitor, container } = first.containers.find(id).state.process!;
    first.abandon();
    open.splice(open.indexOf(first), 1);
    process.kill(monitor.pid, 'SIGKILL');
    process.kill(container.pid, 'SIGKILL');
    await eventually('both are gone', () => !first.context.monitor.isAlive(container));
    const second = await ContainerFixture.open({ folder: first.folder });
    open.push(second);
    await eventually('its end is noted', () => !second.containers.find(id).running);
    expect(second.containers.find(id).state).toMatchObject({
      status: 'exited',
      exitCode: 255,
      error: expect.stringContaining('monitor'),
    });
  });

  test('starts past a leftover that cannot be removed, and removes it when it can', async () => {
    const first = await start();
    const orphan = 'e'.repeat(64);
    first.context.snapshotter.createWritable(orphan);
    const busy = join(first.folder, 'data/snapshots/containers', orphan, 'upper');
    mount({ source: 'tmpfs', target: busy, type: 'tmpfs' });
    const second = await restart(first);
    expect(second.warnings.join()).toContain(orphan);
    expect((await second.run(['true'])).exitCode).toBe(0);
    unmount(busy);
    const third = await restart(second);
    expect(third.context.snapshotter.listWritable()).not.toContain(orphan);
  });

  test('takes down many containers that ended while there was no engine, each with its code', async () => {
    const first = await start();
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, code) =>
        first.create(['sh', '-c', `read line < /data/go; exit ${code}`], {
          HostConfig: { Binds: [`${first.folder}:/data`] },
        }),
      ),
    );
    const go = join(first.folder, 'go');
    makeNode(go, 0o010600, 0, 0);
    for (const id of ids) await first.containers.start(id);
    const processes = ids.map((id) => first.containers.find(id).state.process!.container);
    first.abandon();
    open.splice(open.indexOf(first), 1);
    const writer = openSync(go, 'r+');
    writeSync(writer, '\n'.repeat(ids.length));
    const isOver = () => processes.every((it) => !first.context.monitor.isAlive(it));
    await eventually('all have ended', isOver);
    closeSync(writer);
    const second = await ContainerFixture.open({ folder: first.folder });
    open.push(second);
    const codes = () => ids.map((id) => second.containers.find(id).state.exitCode);
    await eventually('none runs', () => ids.every((id) => !second.containers.find(id).running));
    expect(codes()).toEqual(ids.map((_, code) => code));
    await second.settled();
    expect(second.context.runtimes.find('').list()).toEqual([]);
  });
});
