/** Type a few letters, press Enter: every action, every place, every container and image. */
import {
  useDeferredValue,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
} from 'react';
import { Dialog } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { Kbd } from '../components/kbd.tsx';
import { useLanguage } from '../messages/language-context.tsx';
import type { MessageKey } from '../messages/translate.ts';
import { useCommands, type Command } from './commands.ts';
import { fuzzyScore } from './fuzzy.ts';
import './command-palette.css';

/** More than anybody reads; typing on is quicker than scrolling. */
const MOST_SHOWN = 50;
/** Without a query every section shows its first few. */
const MOST_OF_A_SECTION = 6;

interface CommandPaletteProps {
  readonly onClose: () => void;
  readonly onShortcuts: () => void;
}

export function CommandPalette({ onClose, onShortcuts }: CommandPaletteProps) {
  const { t } = useLanguage();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const listId = useId();
  const commands = useCommands(onShortcuts);
  const deferred = useDeferredValue(query);
  const found = useMemo(() => findCommands(commands, deferred), [commands, deferred]);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    // After the dialog has given the focus back.
    setTimeout(command.run, 0);
  };
  const handleKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt((at + 1) % Math.max(1, found.length));
    else if (event.key === 'ArrowUp') setAt((at - 1 + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing) run(found[at]);
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') onClose();
    else return;
    event.preventDefault();
  };
  return (
    <Dialog label={t('palette.label')} onClose={onClose} look="palette">
      <div className="palette-field">
        <Icon name="search" />
        <input
          // The palette is opened to type into.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          role="combobox"
          aria-label={t('palette.label')}
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={found[at] && `${listId}-${at}`}
          placeholder={t('header.search')}
          spellCheck={false}
          autoComplete="off"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={handleKey}
        />
      </div>
      <div className="palette-list" role="listbox" id={listId} aria-label={t('palette.label')}>
        {found.map((command, index) => (
          <PaletteItem
            key={`${command.section} ${command.id}`}
            id={`${listId}-${index}`}
            command={command}
            isFirst={command.section !== found[index - 1]?.section}
            isAt={index === at}
            onPoint={() => setAt(index)}
            onRun={() => run(command)}
          />
        ))}
      </div>
      {found.length === 0 && (
        <p className="palette-nothing" role="status">
          {t('palette.nothing', { query })}
        </p>
      )}
    </Dialog>
  );
}

interface PaletteItemProps {
  readonly id: string;
  readonly command: Command;
  readonly isFirst: boolean;
  readonly isAt: boolean;
  readonly onPoint: () => void;
  readonly onRun: () => void;
}

function PaletteItem({ id, command, isFirst, isAt, onPoint, onRun }: PaletteItemProps) {
  const { t } = useLanguage();
  const item = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isAt) item.current?.scrollIntoView({ block: 'nearest' });
  }, [isAt]);
  return (
    <>
      {isFirst && (
        <div className="palette-section" role="presentation">
          {t(command.section)}
        </div>
      )}
      <div
        ref={item}
        id={id}
        role="option"
        aria-selected={isAt}
        className="palette-item"
        onPointerMove={onPoint}
        onClick={onRun}
      >
        <Icon name={command.icon} />
        <span className="truncate">{command.title}</span>
        {command.note && <span className="palette-note truncate">{command.note}</span>}
        {command.hotkey && <Kbd keys={command.hotkey} />}
      </div>
    </>
  );
}

function findCommands(commands: readonly Command[], query: string): readonly Command[] {
  if (query.trim() === '') {
    const shown = new Map<string, number>();
    return commands.filter(({ section }) => {
      const count = (shown.get(section) ?? 0) + 1;
      shown.set(section, count);
      return (
        section === 'palette.actions' || section === 'palette.go' || count <= MOST_OF_A_SECTION
      );
    });
  }
  const scored = commands.flatMap((command) => {
    const score = scoreOf(command, query);
    return score === null ? [] : [{ command, score }];
  });
  const best = scored.toSorted((a, b) => b.score - a.score).slice(0, MOST_SHOWN);
  // Sections stay together, in the order of their best match.
  const sections = Map.groupBy(best, ({ command }) => command.section);
  return [...sections.values()].flat().map(({ command }) => command);
}

/** A container is meant more often than an image of the same name; a note counts less than a title. */
const SECTION_WORTH: Partial<Record<MessageKey, number>> = {
  'palette.actions': 6,
  'palette.go': 6,
  'nav.containers': 4,
};
const NOTE_WORTH = -25;

function scoreOf(command: Command, query: string): number | null {
  const worth = SECTION_WORTH[command.section] ?? 0;
  const byTitle = fuzzyScore(query, command.title);
  if (byTitle !== null) return byTitle + worth;
  const byNote = command.note ? fuzzyScore(query, `${command.title} ${command.note}`) : null;
  return byNote === null ? null : byNote + worth + NOTE_WORTH;
}
