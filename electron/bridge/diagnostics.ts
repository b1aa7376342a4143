/** The text behind "Copy diagnostics": enough for a report, and nothing of what containers hold. Pure. */
import type { HostState } from '../ipc/contract.ts';

export function describeDiagnostics(
  state: HostState,
  logTail: readonly string[],
  system: string,
): string {
  const { engine, watch } = state;
  const summary = watch?.kind === 'reset' ? watch : undefined;
  const lines = [
    `Gantry on ${system}, window in ${state.host}, language ${state.systemLanguage}`,
    `Engine: ${engine.phase} at ${engine.stage}, attempt ${engine.attempt}, socket ${engine.socket}`,
    ...(engine.problem ? [`Problem: ${engine.problem.message}`] : []),
    ...(summary
      ? [
          `Engine version ${summary.engine.version} (API ${summary.engine.apiVersion}), ` +
            `${summary.engine.cpus} CPUs, ${summary.engine.memoryBytes} bytes of memory, ` +
            `data in ${summary.engine.dataRoot}`,
          `${summary.containers.length} containers, ${summary.images.length} images`,
          ...summary.engine.warnings.map((warning) => `Warning: ${warning}`),
        ]
      : []),
    '',
    'End of the engine log:',
    ...(logTail.length > 0 ? logTail : ['(none)']),
  ];
  return `${lines.join('\n')}\n`;
}
