/** A JSON document as a tree or as text, with search and copy. */
import { useMemo, useState, type KeyboardEvent } from 'react';
import { IconButton } from '../../../components/button.tsx';
import { ChoiceGroup } from '../../../components/choice-group.tsx';
import { copyText } from '../../../components/copy.ts';
import { Icon } from '../../../components/icon.tsx';
import { SearchField } from '../../../components/search-field.tsx';
import { VirtualList } from '../../../components/virtual-list.tsx';
import { useLanguage } from '../../../messages/language-context.tsx';
import { jsonRows, splitByHit, type JsonRow } from './json-tree.ts';
import '../../../components/toolbar.css';
import './inspect.css';

const ROW_HEIGHT = 22;

export function JsonDocument({ value, name }: { value: unknown; name: string }) {
  const { t } = useLanguage();
  const [look, setLook] = useState<'tree' | 'text'>('tree');
  const [search, setSearch] = useState('');
  return (
    <div className="json">
      <div className="toolbar">
        <SearchField mono label={t('inspect.search')} value={search} onChange={setSearch} />
        <ChoiceGroup
          label={t('inspect.look')}
          value={look}
          onChange={setLook}
          options={[
            { value: 'tree', label: t('inspect.tree') },
            { value: 'text', label: 'JSON' },
          ]}
        />
        <IconButton
          icon="copy"
          label={t('inspect.copy')}
          onClick={() => void copyText(JSON.stringify(value, null, 2))}
        />
      </div>
      {look === 'tree' ? (
        <JsonTree value={value} search={search} name={name} />
      ) : (
        <pre className="json-text" tabIndex={0} data-own-arrows role="region" aria-label={name}>
          <Marked text={JSON.stringify(value, null, 2)} search={search} />
        </pre>
      )}
    </div>
  );
}

function JsonTree({ value, search, name }: { value: unknown; search: string; name: string }) {
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [at, setAt] = useState('.');
  const rows = useMemo(() => jsonRows(value, { toggled, search }), [value, toggled, search]);
  const toggle = (row: JsonRow, open: boolean) =>
    setToggled((before) => new Map(before).set(row.key === '.' ? '' : row.key, open));
  const handleKey = (event: KeyboardEvent) => {
    const index = rows.findIndex((row) => row.key === at);
    const row = rows[index];
    if (event.key === 'ArrowDown') setAt(rows[Math.min(rows.length - 1, index + 1)]?.key ?? at);
    else if (event.key === 'ArrowUp') setAt(rows[Math.max(0, index - 1)]?.key ?? at);
    else if (event.key === 'ArrowRight' && row) toggle(row, true);
    else if (event.key === 'ArrowLeft' && row) toggle(row, false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className="json-tree"
      role="tree"
      aria-label={name}
      aria-activedescendant={`json-${at}`}
      tabIndex={0}
      data-own-arrows
      onKeyDown={handleKey}
    >
      <VirtualList
        rows={rows}
        heightOf={heightOf}
        renderRow={(row) => (
          <JsonLine
            row={row}
            search={search}
            isAt={row.key === at}
            onToggle={() => {
              setAt(row.key);
              if (row.childCount > 0) toggle(row, !row.isOpen);
            }}
          />
        )}
      />
    </div>
  );
}

interface JsonLineProps {
  readonly row: JsonRow;
  readonly search: string;
  readonly isAt: boolean;
  readonly onToggle: () => void;
}

function JsonLine({ row, search, isAt, onToggle }: JsonLineProps) {
  const { t } = useLanguage();
  return (
    <div
      id={`json-${row.key}`}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-expanded={row.childCount > 0 ? row.isOpen : undefined}
      aria-selected={isAt}
      className={isAt ? 'json-line json-line-at' : 'json-line'}
      style={{ paddingLeft: 10 + row.depth * 16 }}
      onClick={onToggle}
    >
      <span className="json-fold">
        {row.childCount > 0 && <Icon name={row.isOpen ? 'chevronDown' : 'chevronRight'} />}
      </span>
      {row.name !== null && (
        <span className="json-name">
          <Marked text={row.name} search={search} />
        </span>
      )}
      <span className={`json-value json-${row.childCount > 0 ? 'box' : row.kind}`}>
        <Marked text={row.text} search={row.childCount > 0 ? '' : search} />
      </span>
      <span className="json-copy" onClick={(event) => event.stopPropagation()}>
        <IconButton
          size="small"
          tabIndex={-1}
          icon="copy"
          label={t('inspect.copyPath')}
          onClick={() => void copyText(row.key)}
        />
      </span>
    </div>
  );
}

function Marked({ text, search }: { text: string; search: string }) {
  if (search.trim() === '') return text;
  return splitByHit(text, search).map((piece, index) =>
    // Pieces have no identity but their place.
    // oxlint-disable-next-line react/no-array-index-key
    piece.isHit ? <mark key={index}>{piece.text}</mark> : piece.text,
  );
}

function heightOf(): number {
  return ROW_HEIGHT;
}
