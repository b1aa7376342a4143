import { expect, it } from 'vitest';
import type { MonitorRequest } from '../monitor.ts';
import { conmonArguments, monitoredIdOf } from './conmon-arguments.ts';

const runtime: Partial<MonitorRequest['runtime']> = {
  program: '/usr/bin/crun',
  globalArguments: ['--root', '/run/crun'],
};
const request: MonitorRequest = {
  containerId: 'c1',
  bundlePath: '/run/bundles/c1',
  log: { kind: 'none' },
  hasTerminal: false,
  hasStdin: false,
  keepStdinOpen: false,
  runtime: runtime as MonitorRequest['runtime'],
  held: [],
};

it('a monitor is known by its command line, and only to the engine that started it', () => {
  const line = `conmon\0${conmonArguments(request, '/run/exits').join('\0')}\0`;
  expect(monitoredIdOf(line, '/run/exits')).toBe('c1');
  expect(monitoredIdOf(line, '/run/exit')).toBeUndefined();
  expect(monitoredIdOf('sh\0-c\0true\0', '/run/exits')).toBeUndefined();
});
