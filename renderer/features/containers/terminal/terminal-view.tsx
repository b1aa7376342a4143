/**
 * One session on the screen: xterm over the host's stream. Leaving it ends the view, never the
 * session; coming back replays what was printed. What the program prints cannot write the clipboard
 * or open a link without a click.
 */
import { useEffect, useImperativeHandle, useRef, useState, type Ref } from 'react';
import type { TerminalSession } from '../../../../electron/ipc/contract.ts';
import { useBridge } from '../../../bridge/bridge-context.tsx';
import { Button } from '../../../components/button.tsx';
import { useLanguage } from '../../../messages/language-context.tsx';
import { useEngine } from '../../engine/store.ts';
import { LinkQuestion } from './link-question.tsx';
import { openTerminal, type OpenTerminal } from './open-terminal.ts';
import { TerminalFind } from './terminal-find.tsx';
import { freshSessions } from './use-terminals.ts';

export interface TerminalViewHandle {
  find(): void;
}

interface TerminalViewProps {
  readonly session: TerminalSession;
  /** Of the container. */
  readonly name: string;
  readonly isShown: boolean;
  readonly onEnded: () => void;
  readonly onReopen: () => void;
  readonly ref: Ref<TerminalViewHandle>;
}

export function TerminalView(props: TerminalViewProps) {
  const { session, name, isShown, onEnded, onReopen, ref } = props;
  const { terminalId } = session;
  const { t } = useLanguage();
  const bridge = useBridge();
  const isReady = useEngine((state) => state.status?.phase === 'ready');
  const place = useRef<HTMLDivElement>(null);
  const [terminal, setTerminal] = useState<OpenTerminal | null>(null);
  const [ended, setEnded] = useState<{ exitCode: number | null } | null>(null);
  const [isFinding, setFinding] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  const handleEnd = useRef(onEnded);
  useEffect(() => {
    handleEnd.current = onEnded;
  });

  useEffect(() => {
    if (!place.current || !isReady) return;
    const opened = openTerminal({
      bridge,
      terminalId,
      place: place.current,
      isReplay: !freshSessions.delete(terminalId),
      onLink: setLink,
      onFind: () => setFinding(true),
      onExit: (exitCode) => {
        setEnded({ exitCode });
        handleEnd.current();
      },
    });
    setTerminal(opened);
    return () => {
      setTerminal(null);
      opened.dispose();
    };
  }, [bridge, terminalId, isReady]);
  useEffect(() => {
    if (isShown) terminal?.show();
  }, [isShown, terminal]);
  useImperativeHandle(ref, () => ({ find: () => setFinding(true) }), []);

  return (
    <div className="terminal-view" data-own-arrows>
      <div
        className="terminal-screen"
        ref={place}
        aria-label={t('terminal.of', { name })}
        role="group"
      />
      {isFinding && terminal && (
        <TerminalFind
          search={terminal.search}
          onClose={() => {
            setFinding(false);
            terminal.focus();
          }}
        />
      )}
      {ended && (
        <div className="terminal-ended" role="status">
          <span>
            {ended.exitCode === null
              ? t('terminal.ended')
              : t('terminal.exited', { code: ended.exitCode })}
          </span>
          <Button icon="restart" onClick={onReopen}>
            {t('terminal.reopen')}
          </Button>
        </div>
      )}
      {link !== null && (
        <LinkQuestion
          address={link}
          onAnswer={(open) => {
            setLink(null);
            if (open) void bridge.call('external.open', { url: link });
          }}
        />
      )}
    </div>
  );
}
