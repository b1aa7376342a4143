/**
 * The lines that can be seen, out of the window that is held. Reading pages in what comes before and
 * after without moving what is read; at the end it stays at the end.
 */
import { useVirtualizer, defaultRangeExtractor, type Range } from '@tanstack/react-virtual';
import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type ClipboardEvent,
  type KeyboardEvent,
  type Ref,
} from 'react';
import type { LogFeed } from './log-feed.ts';
import { LogLineRow } from './log-line-row.tsx';
import { useLogPreferences } from './log-preferences.ts';
import { rangesOf, type SearchView } from './log-search.ts';
import { selectionStart, selectedText } from './log-selection.ts';
import { indexOfCursor, type LogWindow } from './log-window.ts';

const LINE_HEIGHT = 20;
const OVERSCAN_LINES = 24;
/** This close to the end counts as there. */
const END_SLACK_PX = 12;
/** Pages are asked for before the edge is reached. */
const PAGE_AHEAD_LINES = 120;

export interface LogLinesHandle {
  toEnd(): void;
  /** Scrolls to a line that is in the window. */
  reveal(cursor: number): void;
}

interface LogLinesProps {
  readonly label: string;
  readonly feed: LogFeed;
  readonly window: LogWindow;
  readonly found: SearchView;
  readonly onPinned: (isPinned: boolean) => void;
  readonly ref: Ref<LogLinesHandle>;
}

export function LogLines({ label, feed, window: held, found, onPinned, ref }: LogLinesProps) {
  const { lines } = held;
  const wrap = useLogPreferences((preferences) => preferences.wrap);
  const time = useLogPreferences((preferences) => preferences.time);
  const [spread, setSpread] = useState<ReadonlySet<number>>(new Set());
  const scroller = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const widest = useRef(0);
  /** The line at the top and how far it is scrolled: what must not move when pages come in. */
  const anchor = useRef<{ cursor: number; offset: number } | null>(null);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    getItemKey: (index) => lines[index]?.cursor ?? index,
    overscan: OVERSCAN_LINES,
    paddingStart: 6,
    paddingEnd: 10,
    rangeExtractor: useCallback((range: Range) => withSelectionStart(range, lines), [lines]),
  });
  const totalSize = virtualizer.getTotalSize();

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    if (pinned.current && held.isAttached) {
      element.scrollTop = element.scrollHeight;
      return;
    }
    const index = anchor.current ? indexOfCursor(lines, anchor.current.cursor) : -1;
    const place = virtualizer.measurementsCache[index];
    if (place && anchor.current) element.scrollTop = place.start + anchor.current.offset;
    // Sizes that are measured below the anchor do not move it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [lines, held.isAttached]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && pinned.current && held.isAttached) element.scrollTop = element.scrollHeight;
  }, [totalSize, held.isAttached, wrap]);

  useImperativeHandle(ref, () => ({
    toEnd: () => {
      pinned.current = true;
      feed.setAtTail(true);
      onPinned(true);
      if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
    },
    reveal: (cursor) => {
      const { lines: now } = feed.view().window;
      const index = indexOfCursor(now, cursor);
      if (index === -1) return;
      pinned.current = false;
      onPinned(false);
      anchor.current = null;
      // After the rows of a window just loaded are there.
      requestAnimationFrame(() => virtualizer.scrollToIndex(index, { align: 'center' }));
    },
  }));

  const handleScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const restPx = element.scrollHeight - element.scrollTop - element.clientHeight;
    const isPinned = restPx <= END_SLACK_PX;
    if (isPinned !== pinned.current) {
      pinned.current = isPinned;
      onPinned(isPinned);
    }
    feed.setAtTail(isPinned);
    const seen = virtualizer.getVirtualItemForOffset(element.scrollTop);
    const line = seen && lines[seen.index];
    if (seen && line)
      anchor.current = { cursor: line.cursor, offset: element.scrollTop - seen.start };
    if (seen && seen.index < PAGE_AHEAD_LINES) void feed.pageBack();
    const seenLines = Math.ceil(element.clientHeight / LINE_HEIGHT);
    if (seen && seen.index + seenLines > lines.length - PAGE_AHEAD_LINES) void feed.pageForward();
  };

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || wrap) return;
    // Every line is as wide as the widest seen, so that tints reach to the end when scrolled.
    if (element.scrollWidth > widest.current) widest.current = element.scrollWidth;
    element.style.setProperty('--widest', `${widest.current}px`);
  });

  const nowCursor = found.hits[found.at]?.line.cursor;
  return (
    <div
      ref={scroller}
      className={wrap ? 'log-lines log-wrap' : 'log-lines'}
      role="log"
      aria-label={label}
      aria-live="off"
      tabIndex={0}
      data-own-arrows
      onScroll={handleScroll}
      onCopy={(event) => copySelection(event, feed)}
      onKeyDown={(event) => jump(event, feed)}
    >
      <div className="log-rows" style={{ height: totalSize }}>
        {virtualizer.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          return (
            <LogLineRow
              key={item.key}
              measure={wrap || spread.has(line.cursor) ? virtualizer.measureElement : undefined}
              index={item.index}
              top={item.start}
              line={line}
              time={time}
              ranges={rangesOf(line, found)}
              isNow={line.cursor === nowCursor}
              isSpread={spread.has(line.cursor)}
              onSpread={(cursor) =>
                setSpread((before) => {
                  const after = new Set(before);
                  if (!after.delete(cursor)) after.add(cursor);
                  else virtualizer.resizeItem(item.index, LINE_HEIGHT);
                  return after;
                })
              }
            />
          );
        })}
      </div>
      <RemeasureOn value={wrap} measure={virtualizer.measure} />
    </div>
  );
}

/** Heights known from the other look are forgotten. */
function RemeasureOn({ value, measure }: { value: boolean; measure: () => void }) {
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) measure();
    first.current = false;
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [value]);
  return null;
}

/** The row a selection began in stays drawn while it grows, however far the list is scrolled. */
function withSelectionStart(range: Range, lines: LogWindow['lines']): number[] {
  const indexes = defaultRangeExtractor(range);
  const cursor = selectionStart();
  const index = cursor === null ? -1 : indexOfCursor(lines, cursor);
  if (index === -1 || indexes.includes(index)) return indexes;
  return [...indexes, index].toSorted((a, b) => a - b);
}

function copySelection(event: ClipboardEvent, feed: LogFeed): void {
  const text = selectedText(feed.view().window.lines);
  if (text === null) return;
  event.preventDefault();
  event.clipboardData.setData('text/plain', text);
}

/** Home and End are of the whole log, not of the lines that happen to be held. */
function jump(event: KeyboardEvent, feed: LogFeed): void {
  if (event.key === 'End' && !feed.view().window.isAttached) void feed.toTail();
  else if (event.key === 'Home') void goToStart(event.currentTarget, feed);
}

async function goToStart(scroller: Element, feed: LogFeed): Promise<void> {
  await feed.toStart();
  requestAnimationFrame(() => scroller.scrollTo(0, 0));
}
