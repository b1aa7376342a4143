/** What can be done with a task; a refusal is said in a notice. */
import { problemOf, type Bridge } from '../../bridge/bridge.ts';
import { showToast } from '../../components/toast-store.ts';

export async function askTask(
  bridge: Bridge,
  verb: 'cancel' | 'retry' | 'dismiss',
  taskId: string,
): Promise<void> {
  try {
    await bridge.call(`task.${verb}`, { taskId });
  } catch (error) {
    showToast({ tone: 'bad', title: 'failure.task', detail: problemOf(error) });
  }
}
