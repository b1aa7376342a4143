/**
 * The sessions of one container. They live in the host: this finds those that are there, opens the
 * best shell when there is none, and closes them only when asked to.
 */
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { TerminalSession, WatchedContainer } from '../../../../electron/ipc/contract.ts';
import { problemOf } from '../../../bridge/bridge.ts';
import { useBridge } from '../../../bridge/bridge-context.tsx';
import { useEngine } from '../../engine/store.ts';
import { shellsQuery } from '../queries.ts';

/** Until the view has measured itself. */
const FIRST_SIZE = { columns: 80, rows: 24 };

/** Which session stood in front, by container; forgotten with the window. */
const lastCurrent = new Map<string, string>();

export function useTerminals(container: WatchedContainer) {
  const { Id: containerId, State: state } = container;
  const bridge = useBridge();
  const isReady = useEngine((each) => each.status?.phase === 'ready');
  const [sessions, setSessions] = useState<readonly TerminalSession[]>([]);
  const [current, setCurrent] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isOpening, setOpening] = useState(false);
  const [isListed, setListed] = useState(false);
  const openedFirst = useRef(false);
  const isRunning = state === 'running';
  const shells = useQuery({ ...shellsQuery(bridge, container), enabled: isRunning && isReady });

  const choose = useCallback(
    (terminalId: string) => {
      lastCurrent.set(containerId, terminalId);
      setCurrent(terminalId);
    },
    [containerId],
  );
  const list = useCallback(async () => {
    const found = await bridge.call('terminal.list', { containerId });
    setSessions(found);
    setCurrent((before) => {
      const wanted = before ?? lastCurrent.get(containerId);
      return (
        found.find((each) => each.terminalId === wanted)?.terminalId ??
        found.at(-1)?.terminalId ??
        null
      );
    });
    return found;
  }, [bridge, containerId]);
  const open = useCallback(
    async (shell: string) => {
      setOpening(true);
      setProblem(null);
      try {
        const { terminalId } = await bridge.call('terminal.open', {
          containerId,
          shell,
          ...FIRST_SIZE,
        });
        fresh.add(terminalId);
        choose(terminalId);
        await list();
      } catch (error) {
        setProblem(problemOf(error));
      } finally {
        setOpening(false);
      }
    },
    [bridge, containerId, choose, list],
  );
  const close = useCallback(
    async (terminalId: string) => {
      await bridge.call('terminal.close', { terminalId }).catch(() => {});
      setCurrent((before) => (before === terminalId ? null : before));
      await list();
    },
    [bridge, list],
  );
  const markEnded = useCallback((terminalId: string) => {
    setSessions((before) =>
      before.map((each) => (each.terminalId === terminalId ? { ...each, running: false } : each)),
    );
  }, []);

  useEffect(() => {
    if (!isReady) return;
    list()
      .then(() => setListed(true))
      .catch((error: unknown) => setProblem(problemOf(error)));
  }, [isReady, list]);
  const best = shells.data?.[0];
  useEffect(() => {
    if (!isListed || !isRunning || best === undefined || openedFirst.current) return;
    openedFirst.current = true;
    if (sessions.length === 0) void open(best);
  }, [isListed, isRunning, best, sessions.length, open]);

  return { sessions, current, problem, isOpening, choose, open, close, markEnded };
}

/** Sessions opened by this window: what they print first is no replay. */
export const fresh = new Set<string>();
