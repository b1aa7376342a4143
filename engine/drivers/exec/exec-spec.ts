/**
 * The OCI process of an exec: the container's own, with what the exec asks for put over it. Limits,
 * no-new-privileges, labels and profiles stay as they are. Pure.
 * Source: OCI runtime-spec, config.md, "Process"; moby `daemon/exec_linux.go`.
 */
import type { ExecRequest } from '../exec.ts';

/** `process` of an OCI config; fields the engine does not touch are kept as found. */
export type OciProcess = Readonly<Record<string, unknown>>;

export function planExecProcess(
  container: OciProcess,
  request: ExecRequest,
  allCapabilities: readonly string[],
): OciProcess {
  const { consoleSize: _size, ...kept } = container;
  return {
    ...kept,
    terminal: request.hasTerminal,
    ...(request.hasTerminal &&
      request.consoleSize && {
        consoleSize: { height: request.consoleSize.rows, width: request.consoleSize.columns },
      }),
    args: request.args,
    env: request.env,
    cwd: request.workingDirectory,
    ...(request.user && { user: request.user }),
    ...(request.isPrivileged && {
      capabilities: {
        bounding: allCapabilities,
        effective: allCapabilities,
        permitted: allCapabilities,
      },
    }),
  };
}
