/** Appearance, language, and what engine this window is on. Never waits for the engine. */
import { formatRoute } from '../../app/router.ts';
import { useBridge } from '../../bridge/bridge-context.tsx';
import { ChoiceGroup } from '../../components/choice-group.tsx';
import { StatusDot } from '../../components/status-dot.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { EngineFacts } from '../engine/engine-facts.tsx';
import { engineHeadline, engineTone } from '../engine/headline.ts';
import { useEngine } from '../engine/store.ts';
import { changeSettings, useSettings } from './store.ts';
import '../../components/panel.css';
import './settings.css';

export function SettingsView() {
  const { t } = useLanguage();
  const bridge = useBridge();
  const settings = useSettings((state) => state.settings);
  const status = useEngine((state) => state.status);
  return (
    <div className="view-page">
      <div className="view-column">
        <h1>{t('nav.settings')}</h1>
        <h2 className="panel-title">{t('settings.appearance')}</h2>
        <section className="panel">
          <div className="panel-row setting">
            <span>{t('settings.theme')}</span>
            <ChoiceGroup
              label={t('settings.theme')}
              value={settings.theme}
              onChange={(theme) => void changeSettings(bridge, { theme })}
              options={[
                { value: 'system', label: t('settings.system') },
                { value: 'light', label: t('settings.light') },
                { value: 'dark', label: t('settings.dark') },
              ]}
            />
          </div>
          <div className="panel-row setting">
            <span>{t('settings.language')}</span>
            <ChoiceGroup
              label={t('settings.language')}
              value={settings.language}
              onChange={(language) => void changeSettings(bridge, { language })}
              options={[
                { value: 'system', label: t('settings.system') },
                { value: 'en', label: 'English', lang: 'en' },
                { value: 'zh', label: '简体中文', lang: 'zh-Hans' },
              ]}
            />
          </div>
        </section>
        <h2 className="panel-title">{t('settings.engine')}</h2>
        <section className="panel setting-engine">
          <div className="panel-row setting">
            <span className="setting-state">
              <StatusDot tone={engineTone(status)} />
              {engineHeadline(status, t)}
            </span>
            <a href={formatRoute({ view: 'engine' })}>{t('engine.title')}</a>
          </div>
        </section>
        <EngineFacts />
        <h2 className="panel-title">{t('settings.about')}</h2>
        <section className="panel">
          <div className="panel-row">{t('settings.aboutText')}</div>
        </section>
      </div>
    </div>
  );
}
