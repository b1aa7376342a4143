/** What a person asks of images: pull, and remove with a question before anything is lost. */
import { currentRoute, navigate } from '../../app/router.ts';
import { BridgeCallError, problemOf, type Bridge } from '../../bridge/bridge.ts';
import { showToast } from '../../components/toast-store.ts';
import { useImages } from './store.ts';
import { useImagesView, type ImageQuestion } from './view-store.ts';

export class ImageActions {
  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** Resolves with the task that pulls; rejects with the host's message. */
  async pull(reference: string): Promise<string> {
    return (await this.#bridge.call('image.pull', { reference })).taskId;
  }

  ask(keys: readonly string[], place: ImageQuestion['place']): void {
    if (keys.length > 0) useImagesView.setState({ question: { keys, place } });
  }

  /** What the engine refuses because it is in use is asked about again, with its reason and force. */
  async remove({ keys, place }: ImageQuestion, force: boolean): Promise<void> {
    useImagesView.setState({ question: null });
    setRemoving(keys, true);
    const refused: { key: string; message: string; conflict: boolean }[] = [];
    for (const reference of keys) {
      try {
        await this.#bridge.call('image.remove', { reference, force });
        leaveDetailOf(reference);
      } catch (error) {
        const conflict = error instanceof BridgeCallError && error.code === 'conflict';
        refused.push({ key: reference, message: problemOf(error), conflict });
      }
    }
    setRemoving(keys, false);
    const conflicts = refused.filter((each) => each.conflict);
    if (conflicts.length > 0 && !force) {
      useImagesView.setState({
        question: {
          keys: conflicts.map((each) => each.key),
          place,
          conflict: conflicts.map((each) => each.message).join('\n'),
        },
      });
    }
    const failed = force ? refused : refused.filter((each) => !each.conflict);
    if (failed.length === 0) return;
    showToast({
      tone: 'bad',
      title: 'failure.removeImage',
      values: { count: failed.length, name: failed[0]?.key ?? '' },
      detail: failed.map((each) => each.message).join('\n'),
    });
  }
}

function leaveDetailOf(reference: string): void {
  const route = currentRoute();
  if (route.view === 'images' && route.reference === reference)
    navigate({ view: 'images' }, { replace: true });
}

function setRemoving(keys: readonly string[], removing: boolean): void {
  useImages.setState((state) => {
    const next = new Set(state.removing);
    for (const key of keys) {
      if (removing) next.add(key);
      else next.delete(key);
    }
    return { removing: next };
  });
}
