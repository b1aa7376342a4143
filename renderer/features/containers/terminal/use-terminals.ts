/**
 * The sessions of one container. They live in the host: this finds those that are there, opens the
 * best shell when there is none, and closes them only when asked to.
 */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { TerminalSession, WatchedContainer } from '../../../../electron/ipc/contract.ts';
import { problemOf, type Bridge } from '../../../bridge/bridge.ts';
import { useBridge } from '../../../bridge/bridge-context.tsx';
import { useEngine } from '../../engine/store.ts';
import { shellsQuery } from '../queries.ts';

/** Until the view has measured itself. */
const FIRST_SIZE = { columns: 80, rows: 24 };
const NONE: readonly TerminalSession[] = [];

/** Which session stood in front, by container; forgotten with the window. */
const lastChosen = new Map<string, string>();

/** Sessions opened by this window and not shown yet: what they print first is no replay. */
export const freshSessions = new Set<string>();

export function useTerminals(container: WatchedContainer) {
  const { Id: containerId, State: state } = container;
  const bridge = useBridge();
  const queries = useQueryClient();
  const isReady = useEngine((each) => each.status?.phase === 'ready');
  const [chosen, setChosen] = useState(() => lastChosen.get(containerId) ?? null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isOpening, setOpening] = useState(false);
  const isRunning = state === 'running';
  const list = useQuery({ ...sessionsQuery(bridge, containerId), enabled: isReady });
  const shells = useQuery({ ...shellsQuery(bridge, container), enabled: isRunning && isReady });
  const sessions = list.data ?? NONE;
  const current = sessions.find((each) => each.terminalId === chosen) ?? sessions.at(-1);

  const choose = (terminalId: string) => {
    lastChosen.set(containerId, terminalId);
    setChosen(terminalId);
  };
  const open = async (shell: string) => {
    setOpening(true);
    setRefusal(null);
    try {
      const opened = await bridge.call('terminal.open', { containerId, shell, ...FIRST_SIZE });
      freshSessions.add(opened.terminalId);
      choose(opened.terminalId);
      await list.refetch();
    } catch (error) {
      setRefusal(problemOf(error));
    } finally {
      setOpening(false);
    }
  };
  const close = async (terminalId: string) => {
    await bridge.call('terminal.close', { terminalId }).catch(() => {});
    await list.refetch();
  };
  const markEnded = (terminalId: string) => {
    queries.setQueryData(sessionsQuery(bridge, containerId).queryKey, (before) =>
      before?.map((each) => (each.terminalId === terminalId ? { ...each, running: false } : each)),
    );
  };
  useFirstSession(list.isFetchedAfterMount, sessions.length, shells.data?.[0], open);

  const problem = refusal ?? (list.isError ? problemOf(list.error) : null);
  return {
    sessions,
    current: current?.terminalId ?? null,
    problem,
    isOpening,
    choose,
    open,
    close,
    markEnded,
  };
}

/** Opens a shell where there was none; a person who closed the last session meant it. */
function useFirstSession(
  isListed: boolean,
  count: number,
  shell: string | undefined,
  open: (shell: string) => Promise<void>,
): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current || !isListed) return;
    if (count > 0) isDone.current = true;
    if (count > 0 || shell === undefined) return;
    isDone.current = true;
    // Opening a session is the effect, and it shows that it is under way.
    // oxlint-disable-next-line react/set-state-in-effect
    void open(shell);
  }, [isListed, count, shell, open]);
}

function sessionsQuery(bridge: Bridge, containerId: string) {
  return queryOptions({
    queryKey: ['terminals', containerId],
    queryFn: () => bridge.call('terminal.list', { containerId }),
    staleTime: 0,
  });
}
