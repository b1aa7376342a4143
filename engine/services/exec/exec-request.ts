/** What a request for an exec comes to, and whether its container can have one. Pure. */
import { EngineError } from '../../contract/errors.ts';
import type { ExecCreateBody } from '../../contract/exec.ts';
import type { ConsoleSize } from '../../drivers/exec.ts';
import { parseDetachKeys } from '../../formats/detach-keys.ts';
import type { ContainerView } from '../containers/container.ts';

/** Throws `invalid-argument`. */
export function detachKeysOf({ DetachKeys: text }: ExecCreateBody): Buffer {
  try {
    return parseDetachKeys(text);
  } catch (cause) {
    throw new EngineError('invalid-argument', `Invalid escape keys (${text}) provided`, { cause });
  }
}

export function streamsOf({ AttachStdin, AttachStdout, AttachStderr }: ExecCreateBody) {
  return { stdin: AttachStdin, stdout: AttachStdout, stderr: AttachStderr };
}

/** Program and arguments as events show them: with a blank after a program alone, as Docker's do. */
export function commandText({ Cmd: [program = '', ...args] }: ExecCreateBody): string {
  return `${program} ${args.join(' ')}`;
}

/** Throws `conflict`. `name` as the client wrote it. Source: moby `daemon/exec.go`, getActiveContainer. */
export function requireCanExec(container: ContainerView, name: string = container.id): void {
  const { id } = container;
  if (!container.running || container.isEnding)
    throw new EngineError('conflict', `container ${id} is not running`);
  if (container.paused)
    throw new EngineError(
      'conflict',
      `Container ${name} is paused, unpause the container before exec`,
    );
  if (container.restarting)
    throw new EngineError(
      'conflict',
      `Container ${id} is restarting, wait until the container is running`,
    );
}

/** The API's `[height, width]`; zero counts as not given. */
export function sizeOf(
  pair: readonly [number, number] | null | undefined,
): ConsoleSize | undefined {
  if (!pair || pair[0] === 0 || pair[1] === 0) return undefined;
  return { rows: pair[0], columns: pair[1] };
}
