/** The window's actions on containers and images: made once, since an undo outlives its row. */
import { createContext, use, useEffect, useMemo, type ReactNode } from 'react';
import type { Bridge } from '../bridge/bridge.ts';
import { ContainerActions } from '../features/containers/actions.ts';
import { ImageActions } from '../features/images/actions.ts';

interface Actions {
  readonly containers: ContainerActions;
  readonly images: ImageActions;
}

const ActionsContext = createContext<Actions | null>(null);

export function ActionsProvider({ bridge, children }: { bridge: Bridge; children: ReactNode }) {
  const actions = useMemo(
    () => ({ containers: new ContainerActions(bridge), images: new ImageActions(bridge) }),
    [bridge],
  );
  useEffect(() => {
    const send = () => actions.containers.sendUndoable();
    window.addEventListener('pagehide', send);
    return () => window.removeEventListener('pagehide', send);
  }, [actions]);
  return <ActionsContext value={actions}>{children}</ActionsContext>;
}

export function useActions(): Actions {
  const actions = use(ActionsContext);
  if (!actions) throw new Error('useActions() outside of ActionsProvider');
  return actions;
}
