/** A link in a container's output says what it wants: it is opened only after it was read. */
import { Button } from '../../../components/button.tsx';
import { Dialog } from '../../../components/dialog.tsx';
import { useLanguage } from '../../../messages/language-context.tsx';

interface LinkQuestionProps {
  readonly address: string;
  readonly onAnswer: (open: boolean) => void;
}

export function LinkQuestion({ address, onAnswer }: LinkQuestionProps) {
  const { t } = useLanguage();
  const isWeb = /^https?:\/\//i.test(address);
  return (
    <Dialog label={t('link.title')} onClose={() => onAnswer(false)}>
      <div className="link-question">
        <h2>{t(isWeb ? 'link.title' : 'link.refused')}</h2>
        <code>{address}</code>
        <p>{t(isWeb ? 'link.hint' : 'link.refusedHint')}</p>
        <div className="link-buttons">
          <Button onClick={() => onAnswer(false)}>
            {t(isWeb ? 'action.cancel' : 'action.close')}
          </Button>
          {isWeb && (
            <Button tone="primary" icon="external" onClick={() => onAnswer(true)}>
              {t('action.open')}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}
