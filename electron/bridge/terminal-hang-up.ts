/**
 * Hangs up a terminal in a container. Docker's API has no way to end an exec, and one whose client is
 * gone goes on; so each terminal's programs carry a mark in their environment, and closing the
 * terminal sends SIGHUP to all that have it, from inside the container and as the terminal's user.
 */
import { EXEC_ROUTES } from '../../engine/contract/exec.ts';
import type { EngineClient } from '../client/engine-client.ts';

/** `$0` is the mark. Reading another process's environment takes the same user, as signalling does. */
const SCRIPT =
  'for folder in /proc/[0-9]*; do ' +
  'if grep -qs "$0" "$folder/environ"; then kill -HUP "${folder#/proc/}"; fi; done';

export function terminalMark(terminalId: string): string {
  return `GANTRY_TERMINAL=${terminalId}`;
}

/** Resolves when the signals are sent; rejects where the container runs no more or has no `grep`. */
export async function hangUp(
  client: EngineClient,
  { containerId, shell, user }: { containerId: string; shell: string; user?: string | undefined },
  terminalId: string,
  signal: AbortSignal,
): Promise<void> {
  const { Id } = await client.call(EXEC_ROUTES.execCreate, {
    params: { id: containerId },
    body: {
      AttachStdout: true,
      Tty: true,
      Cmd: [shell, '-c', SCRIPT, terminalMark(terminalId)],
      ...(user !== undefined && { User: user }),
    },
    signal,
  });
  const output = await client.hijack(EXEC_ROUTES.execStart, {
    params: { id: Id },
    body: { Detach: false, Tty: true },
    signal,
  });
  await output.toArray();
}
