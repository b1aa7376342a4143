/** One container: who it is, what can be done with it, and its tabs. */
import { lazy, Suspense } from 'react';
import { navigate, type ContainerTab } from '../../app/router.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { tabPanelProps, Tabs, useTabGroup } from '../../components/tabs.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { useEngine } from '../engine/store.ts';
import { ContainerHeader } from './container-header.tsx';
import { LogPanel } from './logs/log-panel.tsx';
import { useContainer } from './store.ts';
import './container-detail.css';

const TerminalPanel = lazy(async () => ({
  default: (await import('./terminal/terminal-panel.tsx')).TerminalPanel,
}));
const InspectPanel = lazy(async () => ({
  default: (await import('./inspect/inspect-panel.tsx')).InspectPanel,
}));

interface ContainerDetailProps {
  readonly id: string;
  readonly tab: ContainerTab;
  readonly full: boolean;
}

export function ContainerDetail({ id, tab, full }: ContainerDetailProps) {
  const { t } = useLanguage();
  const container = useContainer(id);
  const isSynced = useEngine((state) => state.synced);
  const group = useTabGroup();
  if (!container) return isSynced ? <Gone /> : null;
  const tabs = [
    { id: 'logs', label: t('tab.logs') },
    { id: 'terminal', label: t('tab.terminal') },
    { id: 'inspect', label: t('tab.inspect') },
  ] as const;
  return (
    <section className="detail" aria-label={t('containers.detail')}>
      <ContainerHeader container={container} full={full} />
      <Tabs
        label={t('containers.detail')}
        items={tabs}
        current={tab}
        group={group}
        onChange={(next) =>
          navigate({ view: 'containers', id, tab: next, ...(full && { full }) }, { replace: true })
        }
      />
      <div className="detail-panel" {...tabPanelProps(group, tab)}>
        <Suspense fallback={null}>
          {tab === 'logs' && <LogPanel container={container} />}
          {tab === 'terminal' && <TerminalPanel container={container} />}
          {tab === 'inspect' && <InspectPanel container={container} />}
        </Suspense>
      </div>
    </section>
  );
}

function Gone() {
  const { t } = useLanguage();
  const close = () => navigate({ view: 'containers' });
  return (
    <div className="detail-gone">
      <IconButton icon="close" label={t('action.close')} onClick={close} />
      <EmptyState
        icon="container"
        title={t('containers.gone')}
        actions={<Button onClick={close}>{t('action.close')}</Button>}
      >
        {t('containers.goneHint')}
      </EmptyState>
    </div>
  );
}
