import { describe, expect, it } from 'vitest';
import { ContainerCreateError, type MonitorRequest } from '../monitor.ts';
import { outcomeOf } from './create-report.ts';

const request = {
  containerId: 'c1',
  bundlePath: '/nowhere',
  runtime: { name: 'crun' },
} as MonitorRequest;

describe('what a monitor reports', () => {
  it.each([
    ['with its newline', '\n'],
    ['with more behind it', '\nmore\n'],
    ['without a newline', ''],
  ])('is a process, %s', (_how, rest) => {
    const outcome = outcomeOf(request, `{"data": ${process.pid}}${rest}`);
    expect(outcome.container.pid).toBe(process.pid);
    expect(outcome.monitor.pid).toBe(0); // this test's parent is no monitor of the container
  });

  it.each([
    ['the words of the runtime', '{"data": -1, "message": "no such thing"}\n', 'no such thing'],
    ['what is no report', 'conmon: cannot start\n', 'conmon: cannot start'],
    ['the end of a monitor that said nothing', '', 'the monitor ended unexpectedly'],
  ])('is the reason of a failure: %s', (_what, said, reason) => {
    const failing = () => outcomeOf(request, said);
    expect(failing).toThrow(ContainerCreateError);
    expect(failing).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({
          error: expect.objectContaining({ message: expect.stringContaining(reason) as string }),
        }),
      }),
    );
  });
});
