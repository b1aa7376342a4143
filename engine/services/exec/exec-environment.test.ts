import { describe, expect, it } from 'vitest';
import { execEnvironment } from './exec-environment.ts';

const CONFIG = { Hostname: 'web', Env: ['PATH=/app', 'MODE=dev', 'TOKEN=x'] };

describe("an exec's environment", () => {
  it('is the container’s under its own, with TERM for a terminal', () => {
    expect(execEnvironment(CONFIG, ['MODE=test', 'NEW=1'], true)).toEqual([
      'PATH=/app',
      'HOSTNAME=web',
      'TERM=xterm',
      'MODE=test',
      'TOKEN=x',
      'NEW=1',
    ]);
  });

  it('has what the engine adds, unless the container has its own', () => {
    expect(execEnvironment(CONFIG, [], false, ['HOME=/'])).toContain('HOME=/');
    const config = { ...CONFIG, Env: ['HOME=/app'] };
    expect(execEnvironment(config, [], false, ['HOME=/'])).toContain('HOME=/app');
  });

  it('loses a variable that is named without a value', () => {
    expect(execEnvironment(CONFIG, ['TOKEN'], false)).not.toContain('TOKEN=x');
  });
});
