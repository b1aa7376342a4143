/**
 * The colours a program wrote into its log lines. Understands SGR (ECMA-48 §8.3.117) with the 16, the
 * 256 and the 24-bit colours; takes every other escape sequence and control character out. Text in,
 * spans of text out: nothing here can become markup. Pure.
 */

export interface AnsiStyle {
  /** 0 to 255 from the palette, or `#rrggbb`. */
  readonly foreground?: number | string;
  readonly background?: number | string;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
  readonly strike?: true;
}

export interface AnsiSpan {
  readonly text: string;
  /** Where the span begins in the raw line: what the engine's match ranges count from. */
  readonly from: number;
  readonly style: AnsiStyle;
}

/**
 * One escape sequence or control character, anchored where it is tried: CSI; OSC, DCS, SOS, PM and APC
 * up to their terminator (or the end of the line); other escapes; the C1 forms; and the C0 controls
 * but for the tab.
 */
const CONTROL =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001B\[|\u009B)([\d:;<=>?]*)([ -/]*)([@-~])|(?:\u001B[\]PX^_]|[\u009D\u0090\u0098\u009E\u009F])[^\u0007\u001B\u009C]*(?:\u0007|\u001B\\|\u009C|$)|\u001B[ -/]*[0-~]?|[\u0000-\u0008\u000A-\u001F\u007F-\u009F]/g;

const PLAIN: AnsiStyle = {};

export function parseAnsi(line: string): readonly AnsiSpan[] {
  CONTROL.lastIndex = 0;
  const spans: AnsiSpan[] = [];
  let style = PLAIN;
  let from = 0;
  for (let match = CONTROL.exec(line); match; match = CONTROL.exec(line)) {
    if (match.index > from) spans.push({ text: line.slice(from, match.index), from, style });
    from = match.index + match[0].length;
    const [, parameters = '', intermediate, final] = match;
    if (final === 'm' && !intermediate && !/[<=>?]/.test(parameters))
      style = applySgr(style, parameters);
  }
  if (from < line.length) spans.push({ text: line.slice(from), from, style });
  return spans;
}

/** The line as it is read: no colours, no controls. */
export function plainText(line: string): string {
  return parseAnsi(line)
    .map((span) => span.text)
    .join('');
}

type Mutable = { -readonly [K in keyof AnsiStyle]: AnsiStyle[K] };

function applySgr(before: AnsiStyle, parameters: string): AnsiStyle {
  let style: Mutable = { ...before };
  const codes = parameters === '' ? [['0']] : parameters.split(';').map((part) => part.split(':'));
  for (let at = 0; at < codes.length; at += 1) {
    const [code = '', ...subs] = codes[at] as string[];
    const number = Number(code || 0);
    if (number === 0) style = {};
    else if (number === 38 || number === 48) {
      const rest = subs.length > 0 ? subs : codes.slice(at + 1).map((part) => part[0] ?? '');
      const { color, used } = extendedColor(rest);
      if (subs.length === 0) at += used;
      if (color !== null) style[number === 38 ? 'foreground' : 'background'] = color;
    } else if (number === 4 && subs[0] === '0') delete style.underline;
    else applySimple(style, number);
  }
  return Object.keys(style).length === 0 ? PLAIN : style;
}

function applySimple(style: Mutable, code: number): void {
  if (code >= 30 && code <= 37) style.foreground = code - 30;
  else if (code >= 40 && code <= 47) style.background = code - 40;
  else if (code >= 90 && code <= 97) style.foreground = code - 90 + 8;
  else if (code >= 100 && code <= 107) style.background = code - 100 + 8;
  else if (code in ON) style[ON[code as keyof typeof ON]] = true;
  else for (const name of OFF[code] ?? []) delete style[name];
}

const ON = {
  1: 'bold',
  2: 'dim',
  3: 'italic',
  4: 'underline',
  7: 'inverse',
  9: 'strike',
  21: 'underline',
} as const;

const OFF: Readonly<Record<number, readonly (keyof AnsiStyle)[]>> = {
  22: ['bold', 'dim'],
  23: ['italic'],
  24: ['underline'],
  27: ['inverse'],
  29: ['strike'],
  39: ['foreground'],
  49: ['background'],
};

/** `5;n` or `2;r;g;b`; with colons a colour space may stand before the red. */
function extendedColor(rest: readonly string[]): { color: number | string | null; used: number } {
  if (rest[0] === '5') {
    const index = Number(rest[1] ?? Number.NaN);
    return { color: index >= 0 && index <= 255 ? index : null, used: 2 };
  }
  if (rest[0] !== '2') return { color: null, used: 1 };
  const channels = rest.length >= 5 && rest[1] === '' ? rest.slice(2, 5) : rest.slice(1, 4);
  const values = channels.map((channel) => Number(channel || 0));
  const isColor = values.length === 3 && values.every((value) => value >= 0 && value <= 255);
  const hex = values.map((value) => Math.trunc(value).toString(16).padStart(2, '0')).join('');
  return { color: isColor ? `#${hex}` : null, used: 4 };
}

/** A palette colour as CSS: the first 16 belong to the theme, the rest are the xterm cube and greys. */
export function cssColor(color: number | string): string {
  if (typeof color === 'string') return color;
  if (color < 16) return `var(--ansi-${color})`;
  if (color >= 232) {
    const grey = 8 + (color - 232) * 10;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const index = color - 16;
  return `rgb(${level(Math.floor(index / 36))} ${level(Math.floor(index / 6) % 6)} ${level(index % 6)})`;
}
