/** Programs that end at once: whatever they wrote is shown, every time, however it is asked for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSubject, type Subject } from './subject.ts';

const ROUNDS = 200;

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
  await subject.docker.ok('run', '-d', '--name', 'box', 'busybox', 'sleep', '600');
});
afterAll(() => subject.close());

test.each([
  { how: 'without a terminal', Tty: false },
  { how: 'on a terminal', Tty: true },
])('an exec $how loses nothing of what a short program writes', async ({ Tty }) => {
  const config = { AttachStdout: true, AttachStderr: true, Tty, Cmd: ['echo', 'all of it'] };
  for (let round = 0; round < ROUNDS; round++) {
    const made = await subject.request('/containers/box/exec', { method: 'POST', body: config });
    const { Id } = made.json() as { Id: string };
    const body = { Detach: false, Tty };
    const { text } = await subject.request(`/exec/${Id}/start`, { method: 'POST', body });
    expect(text, `round ${round}`).toContain('all of it');
  }
});

test('a run loses nothing of what a short program writes', async () => {
  for (let round = 0; round < 25; round++) {
    const { stdout } = await subject.docker.run(['run', '--rm', 'busybox', 'echo', 'all of it']);
    expect(stdout, `round ${round}`).toBe('all of it\n');
    const { stdout: shown } = await subject.docker.run([
      'run',
      '--rm',
      '-t',
      'busybox',
      'echo',
      'all of it',
    ]);
    expect(shown, `round ${round}`).toBe('all of it\r\n');
  }
});
