import { expect, test } from 'vitest';
import { aContainer } from '../../testing/containers.ts';
import { applyWatch, type ContainersState } from './store.ts';
import { addressOf, can, publishedPorts, toneOf } from './state.ts';

const engine = {
  version: '0.1.0',
  apiVersion: '1.50',
  instance: 'x',
  cpus: 2,
  memoryBytes: 1,
  dataRoot: '/',
  warnings: [],
};
const web = aContainer({ name: 'web' });
const db = aContainer({ name: 'db' });

function stateOf(...containers: (typeof web)[]): ContainersState {
  return {
    byId: new Map(containers.map((each) => [each.Id, each])),
    pending: new Map(),
    hidden: new Set(),
  };
}

test('a reset replaces everything and keeps the identity of what did not change', () => {
  const before = stateOf(web, db);
  const after = applyWatch(before, [
    { kind: 'reset', engine, images: [], containers: [structuredClone(web)] },
  ]);
  expect([...after.byId.keys()]).toEqual([web.Id]);
  expect(after.byId.get(web.Id)).toBe(web);
});

test('a change touches its own container only', () => {
  const before = stateOf(web, db);
  const stopped = { ...web, State: 'exited' as const };
  const after = applyWatch(before, [{ kind: 'container', value: stopped }]);
  expect(after.byId.get(web.Id)).toBe(stopped);
  expect(after.byId.get(db.Id)).toBe(db);
  expect(before.byId.get(web.Id)).toBe(web);
});

test('changes of images leave the containers as they are', () => {
  const before = stateOf(web);
  expect(applyWatch(before, [{ kind: 'image-gone', id: 'x' }])).toBe(before);
});

test('a click settles on the engine saying so, not on any word about the container', () => {
  const before = {
    ...stateOf(web),
    pending: new Map([[web.Id, { verb: 'stop' as const, startedAt: web.StartedAt }]]),
  };
  const unrelated = applyWatch(before, [
    { kind: 'container', value: { ...web, Health: 'healthy' } },
  ]);
  expect(unrelated.pending.has(web.Id)).toBe(true);
  const stopped = applyWatch(unrelated, [
    { kind: 'container', value: { ...web, State: 'exited' } },
  ]);
  expect(stopped.pending.has(web.Id)).toBe(false);
});

test('a restart settles when the container has begun again', () => {
  const before = {
    ...stateOf(web),
    pending: new Map([[web.Id, { verb: 'restart' as const, startedAt: web.StartedAt }]]),
  };
  const same = applyWatch(before, [{ kind: 'container', value: { ...web, State: 'exited' } }]);
  expect(same.pending.size).toBe(1);
  const again = applyWatch(same, [
    { kind: 'container', value: { ...web, StartedAt: '2026-11-20T11:00:00Z' } },
  ]);
  expect(again.pending.size).toBe(0);
});

test('a container that is gone takes its pending click and its place among the hidden with it', () => {
  const before = {
    ...stateOf(web),
    pending: new Map([[web.Id, { verb: 'remove' as const, startedAt: '' }]]),
    hidden: new Set([web.Id]),
  };
  const after = applyWatch(before, [{ kind: 'container-gone', id: web.Id }]);
  expect([after.byId.size, after.pending.size, after.hidden.size]).toEqual([0, 0, 0]);
});

test('a port published on IPv4 and IPv6 is shown once and opens on localhost', () => {
  const container = aContainer({
    Ports: [
      { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
      { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
      { PrivatePort: 443, Type: 'tcp' },
      { IP: '192.168.1.5', PrivatePort: 53, PublicPort: 53, Type: 'udp' },
      { IP: 'fd00::1', PrivatePort: 81, PublicPort: 8081, Type: 'tcp' },
    ],
  });
  expect(publishedPorts(container).map(addressOf)).toEqual([
    null,
    'http://localhost:8080',
    'http://[fd00::1]:8081',
  ]);
});

test('an unhealthy container is running and bad; a paused one can go on and be stopped', () => {
  expect(toneOf(aContainer({ Health: 'unhealthy' }))).toBe('bad');
  const paused = aContainer({ State: 'paused' });
  expect([can('start', paused), can('stop', paused), can('unpause', paused)]).toEqual([
    false,
    true,
    true,
  ]);
});
