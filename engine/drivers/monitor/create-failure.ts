/**
 * What a runtime says when it cannot create a container → what Docker says. Clients derive their own
 * exit status (127, 126, 125) from the text. Pure.
 * Sources: crun 1.8 `libcrun/linux.c`, `container.c`; runc 1.1; moby `daemon/errors.go`.
 */
import { EngineError } from '../../contract/errors.ts';
import type { CreateFailure } from '../monitor.ts';

/** `said`: what the runtime wrote to stderr; `program`: first of the container's arguments. */
export function explainCreateFailure(
  runtimeName: string,
  said: string,
  program: string,
): CreateFailure {
  const reason = reasonOf(lastMessage(said), program);
  const text = `failed to create task for container: failed to create shim task: OCI runtime create failed: ${runtimeName} create failed: unable to start container process: ${reason}: unknown`;
  const exitCode = exitCodeOf(reason);
  // What cannot be executed is the caller's affair, all else the engine's.
  const code = exitCode === OTHER_FAILURE ? 'internal' : 'invalid-argument';
  return { error: new EngineError(code, text), exitCode };
}

/** The last line without what logging puts before it. */
function lastMessage(said: string): string {
  const line = said.trimEnd().split('\n').at(-1) ?? '';
  const quoted = /msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  if (quoted !== undefined) return plain(quoted.replace(/\\(.)/g, '$1'));
  return plain(line);
}

/** Without time, level, and what Docker says before it anyway. */
function plain(line: string): string {
  return line
    .replace(/^\d{4}-\d\d-\d\dT\S+: /, '')
    .replace(/^error: /i, '')
    .replace(/^runc create failed: unable to start container process: /, '');
}

function reasonOf(said: string, program: string): string {
  if (/^executable (file )?.* not found/.test(said) || said.startsWith('executable file'))
    return program.includes('/')
      ? `error during container init: exec: "${program}": stat ${program}: no such file or directory`
      : `error during container init: exec: "${program}": executable file not found in $PATH`;
  if (/^(open executable|exec)\b.*(Permission denied|Operation not permitted)/i.test(said))
    return `error during container init: exec: "${program}": permission denied`;
  if (/Is a directory/.test(said) && /exec/.test(said))
    return `error during container init: exec: "${program}": is a directory: permission denied`;
  return said === '' ? 'the runtime ended without saying why' : said;
}

const OTHER_FAILURE = 128;

/** Source: moby `setExitCodeFromError`. */
function exitCodeOf(reason: string): number {
  if (/executable file not found|no such file or directory|system cannot find/i.test(reason))
    return 127;
  return /permission denied|not a directory|is a directory/i.test(reason) ? 126 : OTHER_FAILURE;
}
