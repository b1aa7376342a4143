/** The end of a run whose last output a client has yet to take. */
import { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { requireCanExec } from '../exec/exec-request.ts';
import { ContainerFixture } from './testing/container-fixture.ts';

let fixture: ContainerFixture;
beforeAll(async () => {
  fixture = await ContainerFixture.open();
});
afterAll(() => fixture.close());

const never = new AbortController().signal;
const OUTPUT = {
  detachKeys: '',
  logs: false,
  stream: true,
  stdin: false,
  stdout: true,
  stderr: true,
};
const NO_OPTIONS = { signal: '', timeoutSeconds: undefined };
const eventsOf = (id: string) =>
  fixture.events.filter((it) => it.actorId === id).map(({ action }) => action);

/** Takes nothing until `release()`. */
class HeldClient extends Duplex {
  private readonly arrival = Promise.withResolvers<void>();
  private waiting: (() => void) | undefined;
  private isReleased = false;
  /** Something has been sent to it. */
  readonly arrived = this.arrival.promise;

  override _read(): void {}

  override _write(_bytes: Buffer, _encoding: string, done: () => void): void {
    if (this.isReleased) return done();
    this.waiting = done;
    this.arrival.resolve();
  }

  release(): void {
    this.isReleased = true;
    this.waiting?.();
  }
}

/** Its process is gone, and the engine knows; its output is with the client that takes none. */
async function endingContainer(HostConfig = {}): Promise<{ id: string; client: HeldClient }> {
  const id = await fixture.create(['echo', 'out'], { HostConfig });
  const client = new HeldClient();
  void fixture.containers.attach(id, OUTPUT, () => client);
  await fixture.containers.start(id);
  await client.arrived;
  await eventually('the engine sees the end', () => fixture.context.store.find(id).isEnding);
  return { id, client };
}

describe('a run that is over', () => {
  test('is told and seen to be when all of its output has been sent', async () => {
    const { id, client } = await endingContainer();
    const order: string[] = [];
    client.once('finish', () => order.push('sent'));
    const unsubscribe = fixture.context.events.subscribe(({ actorId, action }) => {
      if (actorId === id && action === 'die') order.push('die');
    });
    expect(fixture.containers.find(id).running).toBe(true);
    const waited = fixture.containers.wait(id, 'not-running', never);
    const told = waited.then(() => order.push('told'));
    client.release();
    await told;
    unsubscribe();
    expect(order).toEqual(['sent', 'die', 'told']);
  });

  test('does not keep the container from being started again', async () => {
    const { id, client } = await endingContainer();
    const started = fixture.containers.start(id);
    client.release();
    await started;
    await fixture.containers.wait(id, 'not-running', never);
    expect(eventsOf(id).filter((action) => action === 'start')).toHaveLength(2);
  });

  test('does not keep the container from being removed', async () => {
    const { id, client } = await endingContainer();
    const removed = fixture.containers.remove(id, { force: false, removeVolumes: false });
    client.release();
    await removed;
    expect(() => fixture.containers.find(id)).toThrow('No such container');
  });

  test('ends in the end for who stops it or removes it by force, though a client never reads', async () => {
    const stopping = await endingContainer({ RestartPolicy: { Name: 'always' } });
    await fixture.containers.stop(stopping.id, NO_OPTIONS);
    expect(fixture.containers.find(stopping.id).state).toMatchObject({ status: 'exited' });
    const { id } = await endingContainer();
    await fixture.containers.remove(id, { force: true, removeVolumes: false });
    expect(() => fixture.containers.find(id)).toThrow('No such container');
  });

  test('takes no signal, no exec and no pause any more', async () => {
    const { id, client } = await endingContainer();
    await expect(fixture.containers.kill(id, 'TERM')).rejects.toThrow('is not running');
    expect(() => requireCanExec(fixture.containers.find(id))).toThrow('is not running');
    const paused = expect(fixture.containers.pause(id)).rejects.toThrow('is not running');
    client.release();
    await paused;
  });
});
