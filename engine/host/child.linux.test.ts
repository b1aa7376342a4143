import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startChild, type Child } from './child.ts';

const PIPES = { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' } as const;

async function outputOf(child: Child): Promise<string> {
  let text = '';
  child.stdout?.on('data', (bytes: Buffer) => (text += bytes.toString()));
  if (child.stdout) await once(child.stdout, 'close');
  return text;
}

const shell = (script: string, options: Partial<Parameters<typeof startChild>[2]> = {}) =>
  startChild('/bin/sh', ['-c', script], { ...PIPES, ...options });

describe('a child', () => {
  it('has pipes for its streams and ends with its own status', async () => {
    const child = shell('read line; echo "got $line" >/dev/stdout; exit 3');
    child.stdin?.end('text\n');
    expect(await outputOf(child)).toBe('got text\n');
    expect(await child.exited).toBe(3);
  });

  it('ended by a signal has 128 and its number', async () => {
    expect(await shell('kill -TERM $$').exited).toBe(143);
  });

  it('begins with default signal handlers, in a session of its own', async () => {
    const child = shell('cut -d" " -f6 /proc/$$/stat; grep SigIgn /proc/$$/status');
    expect(await outputOf(child)).toBe(`${child.pid}\nSigIgn:\t0000000000000000\n`);
  });

  it('gets the environment it is given and nothing else', async () => {
    expect(await outputOf(startChild('/usr/bin/env', [], { ...PIPES, env: { A: '1' } }))).toBe(
      'A=1\n',
    );
  });

  it('inherits the descriptors it is given and no others', async () => {
    const given = openSync('/proc/version', 'r');
    const kept = openSync('/proc/uptime', 'r');
    const child = shell('ls -l /proc/self/fd; cat <&3', { inherit: [given] });
    closeSync(given);
    closeSync(kept);
    const output = await outputOf(child);
    expect(output).toContain(readFileSync('/proc/version', 'utf8'));
    expect(output).not.toContain('uptime');
  });

  it('may use a descriptor of the engine for a stream', async () => {
    const fd = openSync('/proc/version', 'r');
    const child = startChild('/bin/cat', [], { stdin: fd, stdout: 'pipe', stderr: 'null' });
    closeSync(fd);
    expect(await outputOf(child)).toBe(readFileSync('/proc/version', 'utf8'));
  });

  it('that cannot be executed is an error at once, and leaves no descriptor open', () => {
    const open = () => openSync('/dev/null', 'r');
    const before = open();
    closeSync(before);
    expect(() => startChild('/nosuch', [], PIPES)).toThrow('posix_spawn /nosuch: ENOENT');
    const after = open();
    closeSync(after);
    expect(after).toBe(before);
  });

  it('is reaped whatever others end at the same time', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 40 }, (_, index) => shell(`exit ${index}`).exited),
    );
    expect(statuses).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });
});
