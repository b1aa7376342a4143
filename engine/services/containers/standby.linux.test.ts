/** The container made ahead of need, with real monitors and runtimes. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { commandLine, processIds } from '../../../test/support/processes.ts';
import { ContainerFixture } from './testing/container-fixture.ts';

let fixture: ContainerFixture;
beforeEach(async () => void (fixture = await ContainerFixture.open()));
afterEach(() => fixture.close());

const bundles = () => readdirSync(join(fixture.folder, 'run/bundles'));

/** Runs one container, after which the next is made ready. Returns that one's id. */
async function spareId(): Promise<string> {
  const before = new Set([...bundles(), (await fixture.run(['true'])).id]);
  const fresh = () => bundles().find((id) => !before.has(id) && isWaiting(id));
  await eventually('a spare', () => fresh() !== undefined);
  return fresh() as string;
}

const configOf = (id: string) => join(fixture.folder, 'run/bundles', id, 'config.json');
const isWaiting = (id: string) =>
  statSync(configOf(id), { throwIfNoEntry: false })?.isFIFO() ?? false;
const monitorsOf = (id: string) => processIds().filter((pid) => commandLine(pid).includes(id));

test('the next container takes the id that waits, and runs as any other', async () => {
  const id = await spareId();
  await eventually('its monitor and runtime', () => monitorsOf(id).length > 0);
  const ran = await fixture.run(['sh', '-c', 'echo $HOSTNAME; hostname; exit 3'], {
    Hostname: 'ahead',
  });
  expect(ran).toEqual({ id, exitCode: 3 });
  expect(await fixture.logOf(id)).toContain('ahead');
  expect(fixture.containers.find(id).state.status).toBe('exited');
});

test.each([
  ['a terminal', { Tty: true }],
  ['input', { OpenStdin: true }],
  ['no log', { HostConfig: { LogConfig: { Type: 'none' } } }],
])('a container that wants %s is started by a monitor of its own', async (_what, more) => {
  const id = await spareId();
  expect(await fixture.run(['sh', '-c', 'exit 4'], more)).toEqual({ id, exitCode: 4 });
});

test('a container that is removed before it was started takes its monitor along', async () => {
  const id = await spareId();
  await eventually('its monitor', () => monitorsOf(id).length > 0);
  expect(await fixture.create(['true'])).toBe(id);
  await fixture.containers.remove(id, { force: false, removeVolumes: false });
  await eventually('the end of its monitor', () => monitorsOf(id).length === 0);
  expect(bundles()).not.toContain(id);
  expect(fixture.context.snapshotter.listWritable()).not.toContain(id);
});

test('a creation that is refused leaves what waits to the next', async () => {
  const id = await spareId();
  await expect(
    fixture.create(['true'], { HostConfig: { Binds: ['/nosuch-folder-of-tests/:relative'] } }),
  ).rejects.toThrow();
  expect(await fixture.create(['true'])).toBe(id);
});

test('close() ends what waits and removes its directories', async () => {
  const id = await spareId();
  await eventually('its monitor', () => monitorsOf(id).length > 0);
  await fixture.context.standby.close();
  await eventually('the end of its monitor', () => monitorsOf(id).length === 0);
  expect(existsSync(configOf(id))).toBe(false);
  expect(fixture.context.snapshotter.listWritable()).not.toContain(id);
});

test('config.json of a container that was started ahead is what the runtime was given', async () => {
  const id = await spareId();
  expect(await fixture.create(['sleep', '600'])).toBe(id);
  await fixture.containers.start(id);
  const config = JSON.parse(readFileSync(configOf(id), 'utf8')) as { process: { args: string[] } };
  expect(config.process.args).toEqual(['sleep', '600']);
});
