/** Every key there is, from the one table of keys. */
import { Dialog } from '../components/dialog.tsx';
import { IconButton } from '../components/button.tsx';
import { Kbd } from '../components/kbd.tsx';
import { useLanguage } from '../messages/language-context.tsx';
import { KEYMAP, type Shortcut } from './keymap.ts';
import './shortcuts-sheet.css';

const SECTIONS = ['anywhere', 'list', 'container', 'image'] as const;

export function ShortcutsSheet({ onClose }: { onClose: () => void }) {
  const { t } = useLanguage();
  const shortcuts: readonly Shortcut[] = Object.values(KEYMAP);
  return (
    <Dialog label={t('keys.shortcuts')} onClose={onClose}>
      <div className="shortcuts-head">
        <h2>{t('keys.shortcuts')}</h2>
        <IconButton icon="close" label={t('action.close')} onClick={onClose} />
      </div>
      <div className="shortcuts">
        {SECTIONS.map((section) => (
          <section key={section}>
            <h3>{t(`keys.section.${section}`)}</h3>
            <dl>
              {shortcuts
                .filter((shortcut) => shortcut.section === section)
                .map((shortcut) => (
                  <div className="shortcut" key={shortcut.title}>
                    <dt>{t(shortcut.title)}</dt>
                    <dd>
                      <Kbd keys={shortcut.keys[0] ?? ''} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
