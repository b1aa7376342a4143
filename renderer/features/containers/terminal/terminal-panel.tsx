/** The shells opened in a container: tabs over sessions that the host keeps. */
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import type { WatchedContainer } from '../../../../electron/ipc/contract.ts';
import { useActions } from '../../../app/actions-context.tsx';
import { problemOf } from '../../../bridge/bridge.ts';
import { useBridge } from '../../../bridge/bridge-context.tsx';
import { Button, IconButton } from '../../../components/button.tsx';
import { EmptyState } from '../../../components/empty-state.tsx';
import { MenuButton } from '../../../components/menu.tsx';
import { tabPanelProps, Tabs, useTabGroup } from '../../../components/tabs.tsx';
import { useLanguage } from '../../../messages/language-context.tsx';
import { shellsQuery } from '../queries.ts';
import { can, nameOf } from '../state.ts';
import { TerminalView, type TerminalViewHandle } from './terminal-view.tsx';
import { useTerminals } from './use-terminals.ts';
import './terminal.css';

export function TerminalPanel({ container }: { container: WatchedContainer }) {
  const { t } = useLanguage();
  const { containers: actions } = useActions();
  const isRunning = container.State === 'running';
  const terminals = useTerminals(container);
  if (terminals.sessions.length > 0) return <Sessions container={container} {...terminals} />;
  if (!isRunning)
    return (
      <EmptyState
        icon="terminal"
        title={t(container.State === 'paused' ? 'terminal.paused' : 'terminal.stopped')}
        actions={
          container.State === 'paused' ? (
            <Button icon="start" onClick={() => void actions.act('unpause', [container.Id])}>
              {t('action.resume')}
            </Button>
          ) : (
            <Button
              tone="primary"
              icon="start"
              disabled={!can('start', container)}
              onClick={() => void actions.act('start', [container.Id])}
            >
              {t('action.start')}
            </Button>
          )
        }
      >
        {t('terminal.stoppedHint')}
      </EmptyState>
    );
  return <NoSession container={container} {...terminals} />;
}

type TerminalsProps = ReturnType<typeof useTerminals> & { readonly container: WatchedContainer };

function Sessions({
  container,
  sessions,
  current,
  choose,
  close,
  open,
  markEnded,
}: TerminalsProps) {
  const { t } = useLanguage();
  const group = useTabGroup();
  const views = useRef(new Map<string, TerminalViewHandle>());
  const counts = new Map<string, number>();
  const items = sessions.map((session) => {
    const shell = session.shell.split('/').at(-1) ?? session.shell;
    const count = (counts.get(shell) ?? 0) + 1;
    counts.set(shell, count);
    const label = count > 1 ? `${shell} ${count}` : shell;
    return {
      id: session.terminalId,
      label,
      onClose: () => void close(session.terminalId),
    };
  });
  const currentItem = items.find((item) => item.id === current);
  return (
    <div className="terminal-panel">
      <div className="terminal-bar">
        <Tabs
          label={t('terminal.sessions')}
          items={items}
          current={current ?? ''}
          onChange={choose}
          look="pill"
          group={group}
        />
        {currentItem && (
          <button type="button" className="terminal-close" onClick={currentItem.onClose}>
            {t('terminal.close', { name: currentItem.label })}
          </button>
        )}
        <NewSession container={container} open={open} />
        <span className="terminal-tools">
          <IconButton
            icon="search"
            label={t('terminal.find')}
            hotkey="Mod+Shift+F"
            onClick={() => views.current.get(current ?? '')?.find()}
          />
        </span>
      </div>
      {sessions.map((session) => (
        <div
          className="terminal-place"
          key={session.terminalId}
          hidden={session.terminalId !== current}
          {...tabPanelProps(group, session.terminalId)}
        >
          <TerminalView
            ref={(view) => {
              if (view) views.current.set(session.terminalId, view);
              return () => void views.current.delete(session.terminalId);
            }}
            session={session}
            name={nameOf(container)}
            isShown={session.terminalId === current}
            onEnded={() => markEnded(session.terminalId)}
            onReopen={() => void open(session.shell).then(() => close(session.terminalId))}
          />
        </div>
      ))}
    </div>
  );
}

function NewSession({ container, open }: Pick<TerminalsProps, 'container' | 'open'>) {
  const { t } = useLanguage();
  const bridge = useBridge();
  const shells = useQuery({
    ...shellsQuery(bridge, container),
    enabled: container.State === 'running',
  });
  const items = (shells.data ?? []).map((shell) => ({
    label: shell,
    icon: 'terminal' as const,
    run: () => void open(shell),
  }));
  return (
    <MenuButton label={t('terminal.new')} items={items}>
      {(openMenu, isOpen) => (
        <IconButton
          size="small"
          icon="plus"
          label={t('terminal.new')}
          disabled={items.length === 0}
          aria-haspopup={items.length > 1 ? 'menu' : undefined}
          aria-expanded={items.length > 1 ? isOpen : undefined}
          onClick={(event) =>
            items.length === 1 ? items[0]?.run() : openMenu(event.currentTarget)
          }
        />
      )}
    </MenuButton>
  );
}

function NoSession({ container, problem, isOpening, open }: TerminalsProps) {
  const { t } = useLanguage();
  const bridge = useBridge();
  const shells = useQuery(shellsQuery(bridge, container));
  if (problem !== null || shells.isError)
    return (
      <EmptyState
        icon="warning"
        title={t('terminal.failed')}
        actions={
          <Button
            onClick={() => {
              if (shells.isError) void shells.refetch();
              else void open(shells.data?.[0] ?? '/bin/sh');
            }}
          >
            {t('action.retry')}
          </Button>
        }
      >
        {problem ?? problemOf(shells.error)}
      </EmptyState>
    );
  if (isOpening || shells.isPending) return <div className="terminal-opening" />;
  if (shells.data?.length === 0)
    return (
      <EmptyState icon="terminal" title={t('terminal.noShell')}>
        {t('terminal.noShellHint')}
      </EmptyState>
    );
  return (
    <EmptyState
      icon="terminal"
      title={t('terminal.none')}
      actions={shells.data?.map((shell) => (
        <Button key={shell} icon="terminal" onClick={() => void open(shell)}>
          {shell}
        </Button>
      ))}
    />
  );
}
