/** What `GET /events` tells of a life, in which order, with which attributes; and what filters leave of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EventRecorder, parseEvent, type RecordedEvent } from '../support/event-recorder.ts';
import { startSubject, type Subject } from './subject.ts';

let subject: Subject;
let recorder: EventRecorder;
beforeAll(async () => {
  subject = await startSubject();
  recorder = await EventRecorder.open(subject.socket);
  await live();
});
afterAll(async () => {
  recorder[Symbol.dispose]();
  await subject.close();
});

const docker = (...args: string[]): Promise<string> => subject.docker.ok(...args);

/** Exits on SIGTERM, which a plain `sleep` as process 1 would not. */
const PATIENT = 'trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done';

/** Each step waits for what it causes, so that there is one order to expect. */
async function live(): Promise<void> {
  const volumes = ['-v', 'data:/data:ro', '--label', 'tier=front'];
  await docker('run', '-d', '--name', 'life', ...volumes, 'busybox', 'sh', '-c', PATIENT);
  const follower = subject.docker.start(['logs', '-f', 'life']);
  await follower.outputMatching(/ready/);
  follower.kill();
  await docker('exec', 'life', 'echo', 'hello');
  await recorder.until('exec_die');
  await docker('top', 'life');
  await docker('pause', 'life');
  await docker('unpause', 'life');
  await docker('rename', 'life', 'later');
  await docker('update', '--cpu-shares', '512', 'later');
  await docker('stop', 'later');
  await recorder.until('unmount');
  await docker('rm', 'later');
  await docker('volume', 'rm', 'data');
  await subject.docker.run(['run', '--rm', '--name', 'brief', 'busybox', 'sh', '-c', 'exit 3']);
  await recorder.until('destroy', 'brief');
}

/** As recorded from Docker; ids are names, a duration is none of a scripted life's own. */
const LIFE = [
  'volume create data driver=local',
  'container create life image=busybox name=life tier=front',
  'network connect bridge container=life name=bridge type=bridge',
  'volume mount data container=life destination=/data driver=local propagation= read/write=false',
  'container start life image=busybox name=life tier=front',
  'container exec_create: echo hello life execID=* image=busybox name=life tier=front',
  'container exec_start: echo hello life execID=* image=busybox name=life tier=front',
  'container exec_die life execID=* exitCode=0 image=busybox name=life tier=front',
  'container top life image=busybox name=life tier=front',
  'container pause life image=busybox name=life tier=front',
  'container unpause life image=busybox name=life tier=front',
  'container rename life image=busybox name=later oldName=/life tier=front',
  'container update life image=busybox name=later tier=front',
  'container kill life image=busybox name=later signal=15 tier=front',
  'container die life exitCode=7 image=busybox name=later tier=front',
  'network disconnect bridge container=life name=bridge type=bridge',
  'volume unmount data container=life driver=local',
  'container stop life image=busybox name=later tier=front',
  'container destroy life image=busybox name=later tier=front',
  'volume destroy data driver=local',
  'container create brief image=busybox name=brief',
  'container attach brief image=busybox name=brief',
  'network connect bridge container=brief name=bridge type=bridge',
  'container start brief image=busybox name=brief',
  'container die brief exitCode=3 image=busybox name=brief',
  'network disconnect bridge container=brief name=bridge type=bridge',
  'container destroy brief image=busybox name=brief',
];

function idOf(name: string): string {
  const created = recorder.events.find(
    ({ Action, Actor }) => Action === 'create' && Actor.Attributes['name'] === name,
  );
  return created?.Actor.ID ?? '';
}

/** One line for an event. */
function textOf({ Type, Action, Actor }: RecordedEvent): string {
  const names = new Map(['life', 'brief'].map((name) => [idOf(name), name]));
  const { ID, Attributes } = Actor;
  const who = Type === 'network' ? Attributes['name'] : (names.get(ID) ?? ID);
  const attributes = Object.entries(Attributes)
    .filter(([key]) => key !== 'execDuration')
    .map(([key, value]) => `${key}=${key === 'execID' ? '*' : (names.get(value) ?? value)}`)
    .toSorted();
  return [Type, Action, who, ...attributes].join(' ');
}

/** From the past: of the whole life, unless told otherwise. */
async function past(filters: Record<string, string[]>, more: object = {}): Promise<string[]> {
  const { events } = recorder;
  const window = { since: events[0]?.moment, until: events.at(-1)?.moment, ...more };
  const query = new URLSearchParams({ ...window, filters: JSON.stringify(filters) } as never);
  const { text } = await subject.request(`/events?${query.toString()}`);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => textOf(parseEvent(line)));
}

test('a life is told in order, with Docker’s attributes', () => {
  expect(recorder.events.map(textOf)).toEqual(LIFE);
});

test('an event has the fields that clients of any age read', () => {
  const start = recorder.events.find(({ Action }) => Action === 'start');
  expect(start).toMatchObject({
    ...{ status: 'start', id: start?.Actor.ID, from: 'busybox', scope: 'local' },
    ...{ Type: 'container', Action: 'start' },
  });
  expect(start?.time).toBe(Math.trunc((start?.timeNano ?? 0) / 1e9));
  const connect = recorder.events.find(({ Action }) => Action === 'connect');
  expect(connect).not.toHaveProperty('status');
});

test('the past is told as it was, and ends', async () => {
  expect(await past({})).toEqual(LIFE);
  const middle = recorder.events.findIndex(({ Action }) => Action === 'top');
  const window = {
    since: recorder.events[middle]?.moment,
    until: recorder.events[middle + 2]?.moment,
  };
  expect(await past({}, window)).toEqual(LIFE.slice(middle, middle + 3));
});

describe('a filter', () => {
  const matching = (pattern: RegExp): string[] => LIFE.filter((line) => pattern.test(line));

  test.each<[Record<string, string[]>, RegExp]>([
    [{ type: ['volume'] }, /^volume /],
    [{ type: ['volume', 'network'] }, /^(volume|network) /],
    [{ type: ['plugin'] }, /^plugin /],
    [{ event: ['start', 'die'] }, /^container (start|die) /],
    [{ event: ['exec_create'] }, /^container exec_create/],
    [{ event: ['exec_create: echo hello'] }, /^container exec_create/],
    [{ container: ['later'] }, /^container .* name=later/],
    [{ container: ['brief', 'later'], event: ['die'] }, /^container die/],
    [{ image: ['busybox'] }, /image=busybox/],
    [{ image: ['other'] }, /image=other/],
    [{ network: ['bridge'] }, /^network /],
    [{ volume: ['data'] }, /^volume /],
    [{ label: ['tier'] }, /tier=front/],
    [{ label: ['tier=front'], event: ['die'] }, /^container die .*tier=front/],
    [{ label: ['tier=front', 'absent'] }, /absent/],
    [{ scope: ['local'], event: ['top'] }, /^container top/],
    [{ scope: ['swarm'] }, /^swarm /],
    [{ daemon: ['x'] }, /^daemon /],
    [{ service: ['x'] }, /^service /],
  ])('%j leaves what it names', async (filters, pattern) => {
    expect(await past(filters)).toEqual(matching(pattern));
  });

  test('by container takes an id and its beginning', async () => {
    const expected = matching(/^container \S.* life |^container \S.* name=(life|later)/);
    expect(await past({ container: [idOf('life')] })).toEqual(expected);
    expect(await past({ container: [idOf('life').slice(0, 12)] })).toEqual(expected);
  });
});

test('a window that ends before it begins is refused', async () => {
  const { status, text } = await subject.request('/events?since=20&until=10');
  expect(status).toBe(400);
  expect(text).toContain('`since` time (20) cannot be after `until` time (10)');
});

test('a stream ends by itself when its time has come', async () => {
  const until = Math.ceil(Date.now() / 1000) + 1;
  const told = subject.docker.start([
    'events',
    '--until',
    String(until),
    '--format',
    '{{.Action}}',
  ]);
  expect(await told.result).toMatchObject({ code: 0 });
});
