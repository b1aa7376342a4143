/**
 * A list of any length that keeps only what can be seen in the document. Rows are placed by
 * transform, keep their identity by key, and render again only when they change themselves.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useImperativeHandle, useRef, type ReactNode, type Ref } from 'react';
import './virtual-list.css';

export interface VirtualListHandle {
  scrollTo(index: number): void;
}

interface VirtualListProps<Row extends { readonly key: string }> {
  readonly rows: readonly Row[];
  readonly heightOf: (row: Row) => number;
  readonly renderRow: (row: Row, index: number) => ReactNode;
  readonly ref?: Ref<VirtualListHandle>;
}

const OVERSCAN_ROWS = 12;

export function VirtualList<Row extends { readonly key: string }>(props: VirtualListProps<Row>) {
  const { rows, heightOf, renderRow, ref } = props;
  const scroller = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- the React compiler is not in use
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(rows[index] as Row),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: OVERSCAN_ROWS,
  });
  useImperativeHandle(
    ref,
    () => ({ scrollTo: (index) => virtualizer.scrollToIndex(index, { align: 'auto' }) }),
    [virtualizer],
  );
  return (
    <div className="virtual-list" ref={scroller} role="presentation">
      <div
        className="virtual-list-rows"
        role="presentation"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {virtualizer.getVirtualItems().map((item) => (
          <div
            className="virtual-list-row"
            role="presentation"
            key={item.key}
            style={{ height: item.size, transform: `translateY(${item.start}px)` }}
          >
            {renderRow(rows[item.index] as Row, item.index)}
          </div>
        ))}
      </div>
    </div>
  );
}
