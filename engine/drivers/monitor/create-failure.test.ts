import { expect, test } from 'vitest';
import { explainCreateFailure } from './create-failure.ts';

const PREFIX =
  'failed to create task for container: failed to create shim task: OCI runtime create failed: crun create failed: unable to start container process: ';

test.each([
  {
    said: 'executable file `nosuch` not found in $PATH: No such file or directory\n',
    program: 'nosuch',
    reason: 'error during container init: exec: "nosuch": executable file not found in $PATH',
    exitCode: 127,
  },
  {
    said: '2026-01-01T00:00:00.000000Z: executable file `/no` not found: No such file or directory',
    program: '/no',
    reason: 'error during container init: exec: "/no": stat /no: no such file or directory',
    exitCode: 127,
  },
  {
    said: 'open executable: Permission denied',
    program: '/etc/passwd',
    reason: 'error during container init: exec: "/etc/passwd": permission denied',
    exitCode: 126,
  },
  {
    said: 'time="x" level=error msg="runc create failed: unable to start container process: exec: \\"a\\": executable file not found in $PATH"',
    program: 'a',
    reason: 'exec: "a": executable file not found in $PATH',
    exitCode: 127,
  },
  { said: 'mount proc: Something', program: 'a', reason: 'mount proc: Something', exitCode: 128 },
  { said: '', program: 'a', reason: 'the runtime ended without saying why', exitCode: 128 },
])('"$said" is told as Docker tells it, with $exitCode', ({ said, program, reason, exitCode }) => {
  const failure = explainCreateFailure('crun', said, program);
  expect(failure.error.message).toBe(`${PREFIX}${reason}: unknown`);
  expect(failure.exitCode).toBe(exitCode);
  expect(failure.error.code).toBe(exitCode === 128 ? 'internal' : 'invalid-argument');
});
