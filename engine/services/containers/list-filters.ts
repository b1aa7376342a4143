/** Which containers a list is about. Source: Docker Engine API v1.50, ContainerList; moby `daemon/list.go`. */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import { normalPort } from '../../formats/port-spec.ts';
import type { ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { endpointsOf } from './networks-view.ts';
import { hasProcess } from './state.ts';

type Lookups = Pick<ContainerContext, 'store' | 'images'>;
type Test = (container: LiveContainer) => boolean;

const STATUSES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

/** Makes a test out of one value of a filter; a container passes a key when it passes any value. */
const TESTS: Readonly<Record<string, (value: string, lookups: Lookups) => Test>> = {
  id: (value) => {
    const pattern = regularExpression('id', value);
    return ({ id }) => pattern.test(id);
  },
  name: (value) => {
    const pattern = regularExpression('name', value);
    return ({ name }) => pattern.test(`/${name}`) || pattern.test(name);
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
    if (!/^-?\d+$/.test(value)) throw invalid(`invalid filter 'exited=${value}'`);
    return ({ state }) => state.status === 'exited' && state.exitCode === Number(value);
  },
  ancestor: (value, { images }) => {
    const id = imageIdOf(images, value);
    return (container) =>
      container.imageId === id ||
      container.imageReference === value ||
      container.imageReference === `${value}:latest`;
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
      ({ volumeName, hostPath, destination }) =>
        volumeName === value || hostPath === value || destination === value,
    ),
  network: (value) => (container) =>
    Object.entries(endpointsOf(container)).some(
      ([name, { NetworkID }]) =>
        name === value || (NetworkID !== '' && NetworkID.startsWith(value)),
    ),
  publish: (value) =>
    portTest(value, (container) => Object.keys(container.hostConfig.PortBindings)),
  expose: (value) => portTest(value, ({ config }) => Object.keys(config.ExposedPorts ?? {})),
  health: (value) => {
    if (!['none', 'starting', 'healthy', 'unhealthy'].includes(value))
      throw invalid(`invalid filter 'health=${value}'`);
    return () => value === 'none';
  },
  isolation: () => () => true,
  'is-task': (value) => () => ['0', 'false'].includes(value.toLowerCase()),
};

/** Throws `invalid-argument` for a key that is none. */
export function listFilter(filters: Filters, lookups: Lookups): Test {
  const keys: Test[] = [];
  for (const [key, values] of filters) {
    const make = TESTS[key];
    if (make === undefined) throw invalid(`invalid filter '${key}'`);
    const tests = values.map((value) => make(value, lookups));
    // Every label must match, of the others one.
    if (key === 'label') keys.push(...tests);
    else if (tests.length > 0) keys.push((container) => tests.some((test) => test(container)));
  }
  return (container) => keys.every((test) => test(container));
}

/** True when the filters themselves ask for containers that do not run. */
export function asksForStopped(filters: Filters): boolean {
  return filters.has('status') || filters.has('exited');
}

/** As `docker ps` without `-a`. */
export function isShownByDefault({ state }: LiveContainer): boolean {
  return hasProcess(state) || state.status === 'restarting';
}

/** An empty value never matches everything by accident: Go's regexp of '' does. */
function regularExpression(key: string, text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw invalid(`invalid filter '${key}=${text}'`);
  }
}

function imageIdOf(images: Lookups['images'], reference: string): string | undefined {
  try {
    return images.find(reference).id;
  } catch {
    return undefined;
  }
}

/** `80`, `80/udp`, `8000-8010/tcp`. */
function portTest(value: string, portsOf: (container: LiveContainer) => string[]): Test {
  const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(value);
  if (match === null) throw invalid(`invalid port specification: "${value}"`);
  const [, first = '0', last = first, protocol = 'tcp'] = match;
  return (container) =>
    portsOf(container).some((text) => {
      const [port = '', kind] = normalPort(text).split('/');
      return kind === protocol && Number(port) >= Number(first) && Number(port) <= Number(last);
    });
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
