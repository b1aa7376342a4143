/** One line of a log, always as text: colours become styles, never markup. */
import { memo, type CSSProperties, type RefCallback } from 'react';
import { useNow } from '../../../app/clock.ts';
import { Icon } from '../../../components/icon.tsx';
import { useLanguage } from '../../../messages/language-context.tsx';
import { cssColor, parseAnsi, type AnsiStyle } from './ansi.ts';
import { clockTime, markSpans, mayBeJson, prettyJson, type TimeLook } from './log-text.ts';
import type { LogLine } from './log-window.ts';

interface LogLineRowProps {
  readonly line: LogLine;
  readonly index: number;
  /** Pixels from the top of the rows. */
  readonly top: number;
  readonly time: TimeLook;
  readonly ranges: readonly (readonly [number, number])[];
  /** The search stands on it. */
  readonly isNow: boolean;
  readonly isSpread: boolean;
  readonly measure: RefCallback<Element> | undefined;
  readonly onSpread: (cursor: number) => void;
}

export const LogLineRow = memo(LogLineRowContent, (before, after) => {
  if (before.ranges.length > 0 || after.ranges.length > 0) {
    if (String(before.ranges) !== String(after.ranges)) return false;
  }
  return (
    before.line === after.line &&
    before.index === after.index &&
    before.top === after.top &&
    before.time === after.time &&
    before.isNow === after.isNow &&
    before.isSpread === after.isSpread &&
    before.measure === after.measure
  );
});

function LogLineRowContent(props: LogLineRowProps) {
  const { line, index, top, time, ranges, isNow, isSpread, measure, onSpread } = props;
  const classes = [
    'log-line',
    line.stream === 'stderr' && 'log-stderr',
    isNow && 'log-now',
    time !== 'off' && 'log-timed',
  ];
  return (
    <div
      ref={measure}
      className={classes.filter(Boolean).join(' ')}
      data-index={index}
      data-cursor={line.cursor}
      style={{ transform: `translateY(${top}px)` }}
    >
      {time !== 'off' && <LineTime time={line.time} look={time} />}
      <span className="log-text">
        {markSpans(parseAnsi(line.text), ranges).map((span) => {
          const style = cssOf(span.style);
          return span.isMarked ? (
            <mark key={span.from} style={style}>
              {span.text}
            </mark>
          ) : style ? (
            <span key={span.from} style={style}>
              {span.text}
            </span>
          ) : (
            span.text
          );
        })}
      </span>
      {line.cut && <CutMark />}
      {mayBeJson(line.text) && <Spread line={line} isSpread={isSpread} onSpread={onSpread} />}
    </div>
  );
}

function LineTime({ time, look }: { time: string; look: 'local' | 'utc' | 'relative' }) {
  return (
    <time className="log-time" dateTime={time} title={time}>
      {look === 'relative' ? <RelativeTime time={time} /> : clockTime(time, look)}
    </time>
  );
}

function RelativeTime({ time }: { time: string }) {
  const { formats } = useLanguage();
  return formats.ago(useNow('second') - Date.parse(time));
}

function CutMark() {
  const { t } = useLanguage();
  return <span className="log-cut">{t('logs.cut')}</span>;
}

function Spread({
  line,
  isSpread,
  onSpread,
}: Pick<LogLineRowProps, 'line' | 'isSpread' | 'onSpread'>) {
  const { t } = useLanguage();
  return (
    <>
      <button
        type="button"
        className="log-json-button"
        aria-label={t('logs.json')}
        aria-expanded={isSpread}
        tabIndex={-1}
        onClick={() => onSpread(line.cursor)}
      >
        <Icon name="braces" />
      </button>
      {isSpread && <pre className="log-json">{prettyJson(line.text) ?? t('logs.notJson')}</pre>}
    </>
  );
}

const styles = new WeakMap<AnsiStyle, CSSProperties | undefined>();

function cssOf(style: AnsiStyle): CSSProperties | undefined {
  if (!styles.has(style)) styles.set(style, buildCss(style));
  return styles.get(style);
}

function buildCss(style: AnsiStyle): CSSProperties | undefined {
  if (Object.keys(style).length === 0) return undefined;
  const front = style.foreground === undefined ? undefined : cssColor(style.foreground);
  const back = style.background === undefined ? undefined : cssColor(style.background);
  const [color, backgroundColor] = style.inverse
    ? [back ?? 'var(--surface)', front ?? 'var(--ink)']
    : [front, back];
  const lines = [style.underline && 'underline', style.strike && 'line-through'].filter(Boolean);
  return {
    color,
    backgroundColor,
    fontWeight: style.bold ? 700 : undefined,
    fontStyle: style.italic ? 'italic' : undefined,
    opacity: style.dim ? 0.65 : undefined,
    textDecoration: lines.length > 0 ? lines.join(' ') : undefined,
  };
}
