/** Search over the whole log, timestamps, wrapping, download. */
import { useDeferredValue, useEffect, useState, type RefObject } from 'react';
import { problemOf } from '../../../bridge/bridge.ts';
import { useBridge } from '../../../bridge/bridge-context.tsx';
import { IconButton } from '../../../components/button.tsx';
import { MenuButton } from '../../../components/menu.tsx';
import { SearchField } from '../../../components/search-field.tsx';
import { showToast } from '../../../components/toast-store.ts';
import { Tooltip } from '../../../components/tooltip.tsx';
import { useLanguage } from '../../../messages/language-context.tsx';
import { downloadLog } from './download-log.ts';
import { useLogPreferences } from './log-preferences.ts';
import type { LogSearch, SearchView } from './log-search.ts';
import { TIME_LOOKS } from './log-text.ts';

const SEARCH_AFTER_MS = 200;

interface LogToolbarProps {
  readonly name: string;
  readonly containerId: string;
  readonly search: LogSearch;
  readonly found: SearchView;
  readonly fieldRef: RefObject<HTMLInputElement | null>;
  /** 1 goes to an older hit, -1 to a newer one. */
  readonly onStep: (by: 1 | -1) => void;
}

export function LogToolbar(props: LogToolbarProps) {
  const { name, containerId, search, found, fieldRef, onStep } = props;
  const { t } = useLanguage();
  const [text, setText] = useState('');
  const [regex, setRegex] = useState(false);
  const [matchCase, setMatchCase] = useState(false);
  useEffect(() => {
    const query = { text, regex, matchCase };
    const timer = setTimeout(() => search.search(query), text === '' ? 0 : SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [search, text, regex, matchCase]);
  return (
    <div className="toolbar log-toolbar">
      <SearchField
        mono
        ref={fieldRef}
        label={t('logs.search')}
        value={text}
        onChange={setText}
        invalid={found.problem !== null}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onStep(event.shiftKey ? -1 : 1);
          else if (event.key === 'ArrowUp') onStep(1);
          else if (event.key === 'ArrowDown') onStep(-1);
          else return;
          event.preventDefault();
        }}
      >
        {text !== '' && <HitCount found={found} />}
        <Toggle label={t('logs.matchCase')} sign="Aa" isOn={matchCase} onChange={setMatchCase} />
        <Toggle label={t('logs.regex')} sign=".*" isOn={regex} onChange={setRegex} />
      </SearchField>
      {text !== '' && (
        <>
          <IconButton
            size="small"
            icon="chevronUp"
            label={t('logs.previousHit')}
            disabled={found.hits.length === 0}
            onClick={() => onStep(1)}
          />
          <IconButton
            size="small"
            icon="chevronDown"
            label={t('logs.nextHit')}
            disabled={found.hits.length === 0}
            onClick={() => onStep(-1)}
          />
        </>
      )}
      <TimeMenu />
      <WrapToggle />
      <DownloadButton name={name} containerId={containerId} />
    </div>
  );
}

function HitCount({ found }: { found: SearchView }) {
  const { t, formats } = useLanguage();
  const { problem, total, at, isDone } = useDeferredValue(found);
  if (problem !== null)
    return (
      <Tooltip text={problem}>
        <span className="hit-count hit-problem" role="status">
          {t('logs.badRegex')}
        </span>
      </Tooltip>
    );
  const shown = formats.number(total);
  return (
    <span className="hit-count" role="status">
      {at === -1
        ? t('logs.hits', { count: total, shown: isDone ? shown : `${shown}…` })
        : t('logs.hitAt', { at: formats.number(total - at), total: shown })}
    </span>
  );
}

interface ToggleProps {
  readonly label: string;
  readonly sign: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

function Toggle({ label, sign, isOn, onChange }: ToggleProps) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        className="search-toggle"
        aria-label={label}
        aria-pressed={isOn}
        onClick={() => onChange(!isOn)}
      >
        {sign}
      </button>
    </Tooltip>
  );
}

function TimeMenu() {
  const { t } = useLanguage();
  const time = useLogPreferences((preferences) => preferences.time);
  const items = TIME_LOOKS.map((look) => ({
    label: t(`logs.time.${look}`),
    checked: look === time,
    run: () => useLogPreferences.setState({ time: look }),
  }));
  return (
    <MenuButton label={t('logs.timestamps')} items={items}>
      {(open, isOpen) => (
        <IconButton
          icon="clock"
          label={t('logs.timestamps')}
          aria-haspopup="menu"
          aria-expanded={isOpen}
          onClick={(event) => open(event.currentTarget)}
        />
      )}
    </MenuButton>
  );
}

function WrapToggle() {
  const { t } = useLanguage();
  const wrap = useLogPreferences((preferences) => preferences.wrap);
  return (
    <IconButton
      icon="wrap"
      label={t('logs.wrap')}
      aria-pressed={wrap}
      onClick={() => useLogPreferences.setState({ wrap: !wrap })}
    />
  );
}

function DownloadButton({ name, containerId }: { name: string; containerId: string }) {
  const { t } = useLanguage();
  const bridge = useBridge();
  const [busy, setBusy] = useState(false);
  const download = async () => {
    setBusy(true);
    try {
      await downloadLog(bridge, containerId, `${name}.log`);
    } catch (error) {
      showToast({ tone: 'bad', title: 'failure.download', detail: problemOf(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <IconButton
      icon="download"
      label={t('logs.download')}
      disabled={busy}
      onClick={() => void download()}
    />
  );
}
