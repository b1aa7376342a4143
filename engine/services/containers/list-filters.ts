/** Which containers a list is about. Source: Docker Engine API v1.50, ContainerList; moby `daemon/list.go`. */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import type { Image } from '../images/image.ts';
import type { ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { textsMatching } from '../../host/expressions.ts';
import { endpointsOf, portsOf, type PortView } from './networks-view.ts';
import { hasProcess, isRunning } from './state.ts';

type Lookups = Pick<ContainerContext, 'store' | 'images'>;
type Test = (container: LiveContainer) => boolean;

const STATUSES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

/** Makes a test out of one value of a filter; a container passes a key when it passes any value. */
const TESTS: Readonly<Record<string, (value: string, lookups: Lookups) => Test>> = {
  id: (value, { store }) => {
    const found = textsMatching(
      value,
      store.all().map(({ id }) => id),
    );
    return ({ id }) => found.has(id);
  },
  name: (value, { store }) => {
    const names = store.all().flatMap(({ name }) => [name, `/${name}`]);
    const found = textsMatching(value, names);
    return ({ name }) => found.has(name) || found.has(`/${name}`);
  },
  label: (value) => {
    const mark = value.indexOf('=');
    const key = mark === -1 ? value : value.slice(0, mark);
    return ({ config }) =>
      Object.hasOwn(config.Labels, key) &&
      (mark === -1 || config.Labels[key] === value.slice(mark + 1));
  },
  status: (value) => {
    if (!STATUSES.includes(value)) throw invalid(`invalid filter 'status=${value}'`);
    return ({ state }) => state.status === value;
  },
  exited: (value) => {
    if (!/^[+-]?\d+$/.test(value))
      throw invalid(`strconv.Atoi: parsing "${value}": invalid syntax`);
    return ({ state }) =>
      !isRunning(state) && state.startedAt !== '' && state.exitCode === Number(value);
  },
  ancestor: (value, { images }) => {
    const ancestor = findImage(images, value);
    if (ancestor === undefined) return () => false;
    return ({ imageId, definition }) =>
      imageId === ancestor.id || standsOn(definition.layers, ancestor.diffIds);
  },
  before: (value, { store }) => {
    const { createdAt } = store.find(value).definition;
    return ({ definition }) => definition.createdAt < createdAt;
  },
  since: (value, { store }) => {
    const { createdAt } = store.find(value).definition;
    return ({ definition }) => definition.createdAt > createdAt;
  },
  volume: (value) => (container) =>
    container.definition.mounts.some(
      ({ type, volumeName, hostPath, destination }) =>
        type !== 'tmpfs' && ((volumeName || hostPath) === value || destination === value),
    ),
  network: (value) => (container) =>
    Object.entries(endpointsOf(container)).some(
      ([name, { NetworkID }]) =>
        name === value || (NetworkID !== '' && NetworkID.startsWith(value)),
    ),
  publish: (value) => portTest('publish', value, ({ PublicPort }) => PublicPort),
  expose: (value) => portTest('expose', value, ({ PrivatePort }) => PrivatePort),
  health: (value) => {
    if (!['none', 'starting', 'healthy', 'unhealthy'].includes(value))
      throw invalid(`unrecognized filter value for health: ${value}`);
    return ({ state }) => (state.health?.status ?? 'none') === value;
  },
  isolation: () => () => true,
  'is-task': (value) => {
    const isTask = ['1', 'true'].includes(value);
    if (!isTask && !['0', 'false'].includes(value))
      throw invalid(`invalid filter 'is-task=[${value}]'`);
    return () => !isTask;
  },
};

/** Of these a container need pass only one, whichever it is. Source: moby `daemon/list.go`. */
const PORT_KEYS = ['publish', 'expose'];

/** Throws `invalid-argument` for a key that is none. */
export function listFilter(filters: Filters, lookups: Lookups): Test {
  const keys: Test[] = [];
  const portTests: Test[] = [];
  for (const [key, values] of filters) {
    const make = TESTS[key];
    if (make === undefined) throw invalid(`invalid filter '${key}'`);
    const tests = values.map((value) => make(value, lookups));
    // Every label must match, of the others one.
    if (key === 'label') keys.push(...tests);
    else if (PORT_KEYS.includes(key)) portTests.push(...tests);
    else if (tests.length > 0) keys.push((container) => tests.some((test) => test(container)));
  }
  if (portTests.length > 0) keys.push((container) => portTests.some((test) => test(container)));
  return (container) => keys.every((test) => test(container));
}

/** True when the filters themselves ask for containers that do not run. */
export function asksForStopped(filters: Filters): boolean {
  return (filters.get('status') ?? []).length > 0;
}

/** As `docker ps` without `-a`. */
export function isShownByDefault({ state }: LiveContainer): boolean {
  return hasProcess(state) || state.status === 'restarting';
}

function findImage(images: Lookups['images'], reference: string): Image | undefined {
  try {
    return images.find(reference);
  } catch {
    return undefined;
  }
}

/** An image made from another has its layers under at least one more. */
function standsOn(layers: readonly string[], base: readonly string[]): boolean {
  return (
    base.length > 0 &&
    base.length < layers.length &&
    base.every((diffId, index) => layers[index] === diffId)
  );
}

/** `80`, `80/udp`, `8000-8010/tcp`: of containers that run, as nothing is published otherwise. */
function portTest(
  key: string,
  value: string,
  numberOf: (port: PortView) => number | undefined,
): Test {
  if (value.includes(':')) throw invalid(`filter for '${key}' should not contain ':': ${value}`);
  const [range = '', protocol = 'tcp'] = value.split('/');
  const [first = '', last = first] = range.split('-');
  const from = portNumber(first, `${key} ${value}`);
  const to = portNumber(last, `${key} ${value}`);
  return (container) =>
    portsOf(container).some((port) => {
      const number = numberOf(port);
      return number !== undefined && port.Type === protocol && number >= from && number <= to;
    });
}

function portNumber(text: string, what: string): number {
  const problem = !/^\d+$/.test(text)
    ? 'invalid syntax'
    : Number(text) > 65535
      ? 'value out of range'
      : undefined;
  if (problem !== undefined)
    throw invalid(
      `error while looking up for ${what}: strconv.ParseUint: parsing "${text}": ${problem}`,
    );
  return Number(text);
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
