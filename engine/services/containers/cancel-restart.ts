/** Keeping a container that waits for its restart policy from starting again. */
import type { ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';

/** False when it is not waiting any more: it was started meanwhile, or somebody else was faster. */
export async function cancelRestart(
  context: ContainerContext,
  container: LiveContainer,
): Promise<boolean> {
  // A start that is under way holds the lock: what became of it is known afterwards.
  return container.exclusively(async () => {
    if (!container.restarting) return false;
    clearTimeout(container.restartTimer);
    context.store.setState(container, { status: 'exited', stoppedByUser: true });
    container.settle('next-exit');
    return true;
  });
}
