import { describe, expect, it } from 'vitest';
import { explainExecFailure } from './exec-failure.ts';

const log = (msg: string) => `${JSON.stringify({ msg, level: 'error', time: '2026-11-20' })}\n`;
const PREFIX = 'OCI runtime exec failed: exec failed: unable to start container process: ';

describe('a program that cannot be executed', () => {
  it.each([
    [
      'nosuch',
      'executable file `nosuch` not found in $PATH: No such file or directory',
      'exec: "nosuch": executable file not found in $PATH',
      127,
    ],
    [
      '/bin/nosuch',
      'executable file `/bin/nosuch` not found in $PATH: No such file or directory',
      'exec: "/bin/nosuch": stat /bin/nosuch: no such file or directory',
      127,
    ],
    [
      '/etc/passwd',
      'open executable: Permission denied',
      'exec: "/etc/passwd": permission denied',
      126,
    ],
    ['/etc', 'open executable: Operation not permitted', 'exec: "/etc": permission denied', 126],
    [
      'pwd',
      'chdir `/gone`: No such file or directory',
      'chdir to cwd ("/gone") set in config.json failed: no such file or directory',
      127,
    ],
    ['x', 'cgroup is frozen', 'cgroup is frozen', 126],
  ])('%s is explained as Docker does: %s', (program, said, reason, exitCode) => {
    const failure = explainExecFailure(log(said), program, '/gone');
    expect(failure.error.message).toBe(`${PREFIX}${reason}: unknown`);
    expect(failure.exitCode).toBe(exitCode);
  });

  it('is explained in the words of runc where it is runc that says it', () => {
    const warning = JSON.stringify({ level: 'warning', msg: 'cgroup is not empty' });
    const said = `exec failed: unable to start container process: exec: "x": executable file not found in $PATH`;
    const failure = explainExecFailure(`${log(said)}${warning}\n`, 'x', '/');
    expect(failure.error.message).toBe(`OCI runtime exec failed: ${said}: unknown`);
    expect(failure.exitCode).toBe(127);
  });

  it('is explained even when the runtime said nothing', () => {
    expect(explainExecFailure('', 'x', '/').exitCode).toBe(126);
  });
});
