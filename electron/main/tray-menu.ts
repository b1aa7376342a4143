/** What the tray's menu holds. Pure. */
import type { HostState, WatchedContainer } from '../ipc/contract.ts';
import type { Texts } from './texts.ts';

export type TrayEntry =
  | { kind: 'separator' }
  | { kind: 'text'; label: string }
  | { kind: 'open' | 'quit'; label: string }
  | { kind: 'change'; label: string; verb: 'start' | 'stop' | 'restart'; id: string }
  | { kind: 'menu'; label: string; entries: readonly TrayEntry[] };

/** A menu longer than the screen helps nobody; the window has them all. */
const RUNNING_LIMIT = 20;
const STOPPED_LIMIT = 8;
const LABEL_LIMIT = 60;

export function planTrayMenu(
  { engine, watch }: Pick<HostState, 'engine' | 'watch'>,
  texts: Texts,
): readonly TrayEntry[] {
  const isReady = engine.phase === 'ready';
  const all = isReady && watch?.kind === 'reset' ? watch.containers : [];
  const running = all.filter(isRunning).toSorted(byName);
  const stopped = all
    .filter((container) => !isRunning(container))
    .toSorted((left, right) => right.FinishedAt.localeCompare(left.FinishedAt));
  return [
    { kind: 'text', label: engineText(engine.phase, texts) },
    ...(isReady ? [{ kind: 'text' as const, label: texts.runningCount(running.length) }] : []),
    ...running.slice(0, RUNNING_LIMIT).map((container): TrayEntry => ({
      kind: 'menu',
      label: nameOf(container),
      entries: [
        { kind: 'change', label: texts.stop, verb: 'stop', id: container.Id },
        { kind: 'change', label: texts.restart, verb: 'restart', id: container.Id },
      ],
    })),
    ...(stopped.length > 0 ? [stoppedMenu(stopped, texts)] : []),
    { kind: 'separator' },
    { kind: 'open', label: texts.open },
    { kind: 'quit', label: texts.quit },
  ];
}

function stoppedMenu(stopped: readonly WatchedContainer[], texts: Texts): TrayEntry {
  const entries = stopped.slice(0, STOPPED_LIMIT).map((container): TrayEntry => ({
    kind: 'change',
    label: `${texts.start}: ${nameOf(container)}`,
    verb: 'start',
    id: container.Id,
  }));
  return { kind: 'menu', label: texts.recent, entries };
}

function engineText(phase: HostState['engine']['phase'], texts: Texts): string {
  switch (phase) {
    case 'ready':
      return texts.engineReady;
    case 'starting':
      return texts.engineStarting;
    case 'failed':
      return texts.engineFailed;
    case 'lost':
      return texts.engineLost;
  }
}

function isRunning({ State }: WatchedContainer): boolean {
  return State === 'running' || State === 'paused' || State === 'restarting';
}

function byName(left: WatchedContainer, right: WatchedContainer): number {
  return nameOf(left).localeCompare(nameOf(right));
}

/** An ampersand would be taken for a shortcut. */
function nameOf({ Names, Id }: WatchedContainer): string {
  const name = Names[0]?.replace(/^\//, '') ?? Id.slice(0, 12);
  return (name.length > LABEL_LIMIT ? `${name.slice(0, LABEL_LIMIT - 1)}…` : name).replaceAll(
    '&',
    '&&',
  );
}
