/** What can be done with the images that are chosen. */
import { useActions } from '../../app/actions-context.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { ImageRemovalPrompt } from './image-removal-prompt.tsx';
import { useImagesView } from './view-store.ts';

export function ImageBulkBar() {
  const { t } = useLanguage();
  const { images: actions } = useActions();
  const selection = useImagesView((view) => view.selection);
  const question = useImagesView((view) =>
    view.question?.place === 'bulk' ? view.question : null,
  );
  const keys = [...selection.chosen];
  if (question)
    return (
      <div className="bulk-bar question">
        <ImageRemovalPrompt question={question} />
      </div>
    );
  return (
    <div className="bulk-bar" role="toolbar" aria-label={t('bulk.label')}>
      <span className="bulk-bar-count">{t('bulk.count', { count: keys.length })}</span>
      <Button icon="remove" onClick={() => actions.ask(keys, 'bulk')}>
        {t('action.remove')}
      </Button>
      <IconButton
        icon="close"
        label={t('bulk.clear')}
        hotkey="Escape"
        onClick={() => useImagesView.setState({ selection: { ...selection, chosen: new Set() } })}
      />
    </div>
  );
}
