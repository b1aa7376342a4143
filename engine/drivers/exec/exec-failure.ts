/**
 * What a runtime says when it cannot execute a program → what Docker says. Clients derive their own
 * exit status from the text, and tools match on it. Pure.
 * Sources: crun 1.8 `libcrun/linux.c` and `container.c` (messages), runc 1.1 (texts), moby
 * `daemon/errors.go` (126 and 127).
 */
import { EngineError } from '../../contract/errors.ts';
import type { ExecFailure } from '../exec.ts';

/** `runtimeLog` is the runtime's log, one JSON document a line; its last error counts. */
export function explainExecFailure(
  runtimeLog: string,
  program: string,
  workingDirectory: string,
): ExecFailure {
  const said = lastError(runtimeLog);
  // runc says it in Docker's words already.
  const reason = said.startsWith('exec failed: ')
    ? said
    : `exec failed: unable to start container process: ${reasonOf(said, program, workingDirectory)}`;
  const text = `OCI runtime exec failed: ${reason}: unknown`;
  return { error: new EngineError('invalid-argument', text), exitCode: exitCodeOf(reason) };
}

function lastError(log: string): string {
  const lines = log.split('\n').flatMap((line) => {
    try {
      const { msg, level } = JSON.parse(line) as { msg?: unknown; level?: unknown };
      return typeof msg === 'string' && level === 'error' ? [msg] : [];
    } catch {
      return [];
    }
  });
  return lines.at(-1) ?? '';
}

function reasonOf(said: string, program: string, workingDirectory: string): string {
  if (program === '') return 'exec: "": executable file not found in $PATH';
  if (said.startsWith('executable file'))
    return program.includes('/')
      ? `exec: "${program}": stat ${program}: no such file or directory`
      : `exec: "${program}": executable file not found in $PATH`;
  if (said.startsWith('open executable: ')) return `exec: "${program}": permission denied`;
  if (said.startsWith('exec: '))
    return `exec ${program}: ${lowerFirst(said.slice('exec: '.length))}`;
  const chdir = /^chdir .*: ([^:]+)$/.exec(said);
  if (chdir !== null)
    return `chdir to cwd ("${workingDirectory}") set in config.json failed: ${lowerFirst(chdir[1] ?? '')}`;
  return said === '' ? 'the runtime ended without saying why' : said;
}

/** Source: moby `daemon/exec.go`: 126 unless the program is not there. */
function exitCodeOf(reason: string): number {
  return /executable file not found|no such file or directory/i.test(reason) ? 127 : 126;
}

/** libc's `No such file` as Go writes it. */
function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
