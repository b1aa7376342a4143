/** Finds text in what a terminal has printed. */
import type { SearchAddon } from '@xterm/addon-search';
import { useEffect, useRef, useState } from 'react';
import { IconButton } from '../../../components/button.tsx';
import { SearchField } from '../../../components/search-field.tsx';
import { useLanguage } from '../../../messages/language-context.tsx';

/** xterm draws these itself and wants plain hexadecimal colours. */
const DECORATIONS = {
  matchBackground: '#6b4f1d',
  activeMatchBackground: '#f0b04a',
  matchOverviewRuler: '#f0b04a',
  activeMatchColorOverviewRuler: '#f0b04a',
} as const;

interface TerminalFindProps {
  readonly search: SearchAddon;
  readonly onClose: () => void;
}

export function TerminalFind({ search, onClose }: TerminalFindProps) {
  const { t, formats } = useLanguage();
  const [text, setText] = useState('');
  const [found, setFound] = useState({ resultIndex: -1, resultCount: 0 });
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    const listening = search.onDidChangeResults(setFound);
    return () => {
      listening.dispose();
      search.clearDecorations();
    };
  }, [search]);
  const step = (back: boolean) => {
    if (back) search.findPrevious(text, { decorations: DECORATIONS });
    else search.findNext(text, { decorations: DECORATIONS });
  };
  const change = (value: string) => {
    setText(value);
    if (value === '') search.clearDecorations();
    else search.findPrevious(value, { decorations: DECORATIONS, incremental: true });
  };
  return (
    <div className="terminal-find" role="search">
      <SearchField
        mono
        ref={field}
        label={t('terminal.find')}
        value={text}
        onChange={change}
        onKeyDown={(event) => {
          if (event.key === 'Enter') step(!event.shiftKey);
          else if (event.key === 'Escape') onClose();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      >
        {text !== '' && (
          <span className="terminal-find-count" role="status">
            {t('logs.hitAt', {
              at: formats.number(found.resultIndex + 1),
              total: formats.number(found.resultCount),
            })}
          </span>
        )}
      </SearchField>
      <IconButton
        size="small"
        icon="chevronUp"
        label={t('logs.previousHit')}
        onClick={() => step(true)}
      />
      <IconButton
        size="small"
        icon="chevronDown"
        label={t('logs.nextHit')}
        onClick={() => step(false)}
      />
      <IconButton size="small" icon="close" label={t('action.close')} onClick={onClose} />
    </div>
  );
}
