/** Brand, the way into the command palette, and the theme. */
import { useBridge } from '../bridge/bridge-context.tsx';
import { IconButton } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { Kbd } from '../components/kbd.tsx';
import { changeSettings, useSettings } from '../features/settings/store.ts';
import { useLanguage } from '../messages/language-context.tsx';
import { useThemeSeen } from './use-theme.ts';

export function Header({ onSearch }: { onSearch: () => void }) {
  const { t } = useLanguage();
  return (
    <header className="header">
      <div className="header-brand">
        <Icon name="crane" />
        Gantry
      </div>
      <div>
        <button type="button" className="omni" onClick={onSearch} aria-haspopup="dialog">
          <Icon name="search" />
          <span className="omni-text">{t('header.search')}</span>
          <Kbd keys="Mod+K" />
        </button>
      </div>
      <div className="header-tools">
        <ThemeToggle />
      </div>
    </header>
  );
}

function ThemeToggle() {
  const { t } = useLanguage();
  const bridge = useBridge();
  const settings = useSettings((state) => state.settings);
  const seen = useThemeSeen(settings);
  const other = seen === 'dark' ? 'light' : 'dark';
  return (
    <IconButton
      icon={seen === 'dark' ? 'sun' : 'moon'}
      label={t(other === 'dark' ? 'header.toDark' : 'header.toLight')}
      onClick={() => void changeSettings(bridge, { theme: other })}
    />
  );
}
