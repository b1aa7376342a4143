/** How the engine stands, and whether what is shown is its present word or a memory of it. */
import { create } from 'zustand';
import type { EngineStatus, EngineSummary } from '../../../electron/ipc/contract.ts';

interface EngineState {
  /** Null until the host has answered for the first time. */
  readonly status: EngineStatus | null;
  /** The engine last heard of, also while it is away. */
  readonly summary: EngineSummary | null;
  /** When the lists shown were true; null once they are live. */
  readonly staleSinceMs: number | null;
  /** True after the first list of this engine: an empty list then means there is nothing. */
  readonly synced: boolean;
}

export const useEngine = create<EngineState>(() => ({
  status: null,
  summary: null,
  staleSinceMs: null,
  synced: false,
}));

/** True while rows are a memory: they stay readable, and say so. */
export function useIsStale(): boolean {
  return useEngine((state) => state.status?.phase !== 'ready' || !state.synced);
}

/** False until there is a list to count, present or remembered. */
export function useHasLists(): boolean {
  return useEngine((state) => state.synced || state.staleSinceMs !== null);
}

/** The next state when the host tells of the engine. */
export function withStatus(state: EngineState, status: EngineStatus, nowMs: number): EngineState {
  const wasLive = state.status?.phase === 'ready' && state.synced;
  // The list comes in the last stage of a start, before the engine is called ready.
  const synced = state.synced && (status.phase === 'ready' || status.phase === 'starting');
  const isLive = status.phase === 'ready' && synced;
  return {
    status,
    summary: status.engine ?? state.summary,
    staleSinceMs: isLive ? null : wasLive ? nowMs : state.staleSinceMs,
    synced,
  };
}

/** The next state when a whole list has come: the engine's word, or the host's memory of it. */
export function withSync(state: EngineState, summary: EngineSummary, nowMs: number): EngineState {
  const phase = state.status?.phase;
  if (phase === 'lost' || phase === 'failed')
    return { ...state, summary, staleSinceMs: state.staleSinceMs ?? nowMs };
  return { ...state, summary, staleSinceMs: null, synced: true };
}
