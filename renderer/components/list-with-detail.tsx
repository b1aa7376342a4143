/**
 * A list with what stands beside it. The width of the pane is remembered; `full` gives it the whole
 * place without unmounting the list, so that going back finds it as it was left.
 */
import { useState, useSyncExternalStore, type ReactNode } from 'react';
import { Splitter } from './splitter.tsx';
import './list-with-detail.css';

interface ListWithDetailProps {
  readonly list: ReactNode;
  readonly detail: ReactNode | null;
  readonly full: boolean;
  readonly splitterLabel: string;
  readonly onToggleFull: () => void;
}

const MEMORY = 'gantry.detailWidth';
const DEFAULT_WIDTH = 560;
const MIN_DETAIL = 380;
const MIN_LIST = 320;
const SIDEBAR = 208;

export function ListWithDetail(props: ListWithDetailProps) {
  const { list, detail, full, splitterLabel, onToggleFull } = props;
  const [wanted, setWanted] = useState(rememberedWidth);
  const windowWidth = useSyncExternalStore(onResize, () => window.innerWidth);
  const max = Math.max(MIN_DETAIL, windowWidth - SIDEBAR - MIN_LIST);
  const width = Math.min(max, Math.max(MIN_DETAIL, wanted));
  const change = (size: number) => {
    setWanted(size);
    window.localStorage.setItem(MEMORY, String(size));
  };
  const columns =
    detail === null
      ? 'minmax(0, 1fr)'
      : full
        ? '0 0 minmax(0, 1fr)'
        : `minmax(0, 1fr) auto ${width}px`;
  return (
    <div className="list-with-detail" style={{ gridTemplateColumns: columns }}>
      <div className="list-pane" inert={full && detail !== null}>
        {list}
      </div>
      {detail !== null && (
        <>
          {full ? (
            <span />
          ) : (
            <Splitter
              label={splitterLabel}
              size={width}
              min={MIN_DETAIL}
              max={max}
              onChange={change}
              onDoubleClick={onToggleFull}
            />
          )}
          <div className="detail-pane">{detail}</div>
        </>
      )}
    </div>
  );
}

function onResize(listener: () => void): () => void {
  window.addEventListener('resize', listener);
  return () => window.removeEventListener('resize', listener);
}

function rememberedWidth(): number {
  return Number(window.localStorage.getItem(MEMORY)) || DEFAULT_WIDTH;
}
