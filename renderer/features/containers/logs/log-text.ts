/** What a log line looks like: its spans with the matches marked, its time, its JSON. Pure. */
import { plainText, type AnsiSpan, type AnsiStyle } from './ansi.ts';
import type { LogLine } from './log-window.ts';

export const TIME_LOOKS = ['off', 'local', 'utc', 'relative'] as const;
export type TimeLook = (typeof TIME_LOOKS)[number];

export interface MarkedSpan {
  readonly text: string;
  readonly from: number;
  readonly style: AnsiStyle;
  readonly isMarked: boolean;
}

/** Cuts spans where a range begins or ends. Ranges count in the raw line, as spans do. */
export function markSpans(
  spans: readonly AnsiSpan[],
  ranges: readonly (readonly [number, number])[],
): readonly MarkedSpan[] {
  if (ranges.length === 0) return spans.map((span) => ({ ...span, isMarked: false }));
  return spans.flatMap((span) => {
    const end = span.from + span.text.length;
    const cuts = new Set([span.from, end]);
    for (const [from, to] of ranges) {
      if (from > span.from && from < end) cuts.add(from);
      if (to > span.from && to < end) cuts.add(to);
    }
    const edges = [...cuts].toSorted((a, b) => a - b);
    return edges.slice(0, -1).map((from, index) => {
      const to = edges[index + 1] as number;
      return {
        text: span.text.slice(from - span.from, to - span.from),
        from,
        style: span.style,
        isMarked: ranges.some((range) => range[0] < to && range[1] > from),
      };
    });
  });
}

/** `HH:MM:SS.mmm` on this machine's clock or in UTC; a time that cannot be read is shown as it is. */
export function clockTime(time: string, look: 'local' | 'utc'): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const parts =
    look === 'utc'
      ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
      : [date.getHours(), date.getMinutes(), date.getSeconds()];
  const milliseconds = String(date.getUTCMilliseconds()).padStart(3, '0');
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}.${milliseconds}`;
}

/** True for a line that looks like a JSON object; cheap, since it is asked of every line shown. */
export function mayBeJson(text: string): boolean {
  return /^\s*\{".*\}\s*$/s.test(text);
}

/** The object in a line, indented; null when it is none after all. */
export function prettyJson(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(plainText(text)), null, 2);
  } catch {
    return null;
  }
}

export interface LinePoint {
  readonly cursor: number;
  /** Letters of the plain text before the point. */
  readonly offset: number;
}

/** The plain text between two points, whichever comes first; also of lines that are not drawn. */
export function textBetween(lines: readonly LogLine[], a: LinePoint, b: LinePoint): string {
  const isForward = a.cursor < b.cursor || (a.cursor === b.cursor && a.offset <= b.offset);
  const [from, to] = isForward ? [a, b] : [b, a];
  return lines
    .filter((line) => line.cursor >= from.cursor && line.cursor <= to.cursor)
    .map((line) => {
      const text = plainText(line.text);
      const end = line.cursor === to.cursor ? to.offset : text.length;
      return text.slice(line.cursor === from.cursor ? from.offset : 0, end);
    })
    .join('\n');
}
