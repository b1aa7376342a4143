/** One image by one of its names. */
import { memo, type MouseEvent } from 'react';
import { useActions } from '../../app/actions-context.tsx';
import { useNow } from '../../app/clock.ts';
import { navigate } from '../../app/router.ts';
import { RowButton } from '../../components/row-button.tsx';
import { StatusDot } from '../../components/status-dot.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { shortId } from '../containers/state.ts';
import { ImageRemovalPrompt } from './image-removal-prompt.tsx';
import type { ImageRow as Row } from './rows.ts';
import { useImages } from './store.ts';
import { useImagesView } from './view-store.ts';

interface ImageRowProps {
  readonly row: Row;
  readonly index: number;
  /** Size against the largest of the list, 0 to 1. */
  readonly share: number;
  readonly isOpen: boolean;
  readonly onClick: (key: string, event: MouseEvent) => void;
  readonly onCheck: (key: string) => void;
}

export const ImageRow = memo(ImageRowContent, (before, after) => {
  const { row: a, ...restA } = before;
  const { row: b, ...restB } = after;
  // Rows are built anew with every change; equal ones need not render.
  return (
    Object.entries(restA).every(([key, value]) => restB[key as keyof typeof restB] === value) &&
    a.key === b.key &&
    a.imageId === b.imageId &&
    a.createdAt === b.createdAt &&
    a.usedBy.join() === b.usedBy.join()
  );
});

function ImageRowContent({ row, index, share, isOpen, onClick, onCheck }: ImageRowProps) {
  const { t, formats } = useLanguage();
  const isChosen = useImagesView((view) => view.selection.chosen.has(row.key));
  const isCursor = useImagesView((view) => view.selection.cursor === row.key);
  const isRemoving = useImages((state) => state.removing.has(row.key));
  const question = useImagesView((view) =>
    view.question?.place === 'row' && view.question.keys.includes(row.key) ? view.question : null,
  );
  const name = row.repository ?? t('images.unnamed');
  const fullName = row.repository === null ? shortId(row.imageId) : row.key;
  const classes = [
    'grid-row image-columns',
    isChosen && 'grid-row-chosen',
    isOpen && 'grid-row-open',
    isCursor && 'grid-row-cursor',
    isRemoving && 'image-removing',
  ];
  return (
    <div
      id={`image-${row.key}`}
      role="row"
      aria-label={fullName}
      aria-rowindex={index + 2}
      aria-selected={isChosen || isOpen}
      className={classes.filter(Boolean).join(' ')}
      onClick={(event) => onClick(row.key, event)}
      onDoubleClick={() => navigate({ view: 'images', reference: row.key, full: true })}
    >
      <span className="grid-cell grid-cell-mark" role="gridcell">
        <StatusDot tone={isRemoving ? 'busy' : row.usedBy.length > 0 ? 'run' : 'idle'} small />
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={t('containers.choose', { name: fullName })}
          checked={isChosen}
          onClick={(event) => event.stopPropagation()}
          onChange={() => onCheck(row.key)}
        />
      </span>
      <span className="grid-cell grid-name" role="gridcell" title={row.key}>
        {row.repository === null ? <span className="image-unnamed">{name}</span> : name}
      </span>
      <span className="grid-cell grid-mono image-tag" role="gridcell">
        {row.tag ?? shortId(row.imageId)}
      </span>
      <span className="grid-cell image-size" role="gridcell">
        <span className="size-bar" style={{ scale: `${Math.max(0.012, share)} 1` }} />
        <span className="size-text">{formats.bytes(row.sizeBytes)}</span>
      </span>
      <span
        className="grid-cell grid-quiet image-used"
        role="gridcell"
        title={row.usedBy.join(', ')}
      >
        {row.usedBy.length > 0 ? row.usedBy.join(t('list.separator')) : '–'}
      </span>
      <span className="grid-cell grid-quiet image-created" role="gridcell">
        <Created seconds={row.createdAt} />
      </span>
      <RowActions row={row} />
      {question && (
        <div className="row-question question" role="gridcell">
          <ImageRemovalPrompt question={question} />
        </div>
      )}
    </div>
  );
}

function Created({ seconds }: { seconds: number }) {
  const { formats } = useLanguage();
  const nowMs = useNow('minute');
  return (
    <span title={formats.dateTime(seconds * 1000)}>{formats.ago(nowMs - seconds * 1000)}</span>
  );
}

function RowActions({ row }: { row: Row }) {
  const { t } = useLanguage();
  const { images: actions } = useActions();
  return (
    <span className="row-actions" role="gridcell" onClick={(event) => event.stopPropagation()}>
      <RowButton
        icon="start"
        label={t('action.run')}
        hotkey="r"
        onClick={() => navigate({ view: 'run', image: row.key })}
      />
      <RowButton
        icon="remove"
        label={t('action.remove')}
        hotkey="Backspace"
        onClick={() => actions.ask([row.key], 'row')}
      />
    </span>
  );
}
