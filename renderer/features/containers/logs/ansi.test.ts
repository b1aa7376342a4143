import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cssColor, parseAnsi, plainText } from './ansi.ts';

const ESC = '\u001B';
const sgr = (codes: string) => `${ESC}[${codes}m`;
const styles = (line: string) => parseAnsi(line).map((span) => [span.text, span.style]);

test('a line without escapes is one plain span', () => {
  expect(parseAnsi('GET / 200')).toEqual([{ text: 'GET / 200', from: 0, style: {} }]);
  expect(parseAnsi('')).toEqual([]);
});

test('the 16 colours, normal and bright, in front and behind', () => {
  expect(styles(`${sgr('31')}a${sgr('92;44')}b${sgr('107')}c${sgr('39;49')}d`)).toEqual([
    ['a', { foreground: 1 }],
    ['b', { foreground: 10, background: 4 }],
    ['c', { foreground: 10, background: 15 }],
    ['d', {}],
  ]);
});

test('the 256 colours and the 24-bit ones, with semicolons and with colons', () => {
  expect(styles(`${sgr('38;5;208')}a`)).toEqual([['a', { foreground: 208 }]]);
  expect(styles(`${sgr('48;2;255;0;10')}a`)).toEqual([['a', { background: '#ff000a' }]]);
  expect(styles(`${sgr('38:2::1:2:3')}a`)).toEqual([['a', { foreground: '#010203' }]]);
  expect(styles(`${sgr('38:5:9;1')}a`)).toEqual([['a', { foreground: 9, bold: true }]]);
  expect(styles(`${sgr('38;2;1;2;3;4')}a`)).toEqual([
    ['a', { foreground: '#010203', underline: true }],
  ]);
});

test('a colour that cannot be is left out and the rest still holds', () => {
  expect(styles(`${sgr('38;5;999;1')}a`)).toEqual([['a', { bold: true }]]);
  expect(styles(`${sgr('38;2;1;2')}a`)).toEqual([['a', {}]]);
});

test('attributes come and go, and 0 or nothing ends them all', () => {
  expect(styles(`${sgr('1;2;3;4;7;9')}a${sgr('22;23;24;27;29')}b`)).toEqual([
    ['a', { bold: true, dim: true, italic: true, underline: true, inverse: true, strike: true }],
    ['b', {}],
  ]);
  expect(styles(`${sgr('1;31')}a${sgr('')}b${sgr('1')}c${sgr('0;32')}d`)).toEqual([
    ['a', { bold: true, foreground: 1 }],
    ['b', {}],
    ['c', { bold: true }],
    ['d', { foreground: 2 }],
  ]);
  expect(styles(`${sgr('4:3')}a${sgr('4:0')}b`)).toEqual([
    ['a', { underline: true }],
    ['b', {}],
  ]);
});

test.each([
  ['cursor moves', `a${ESC}[2Jb${ESC}[1;1Hc${ESC}[?25ld`, 'abcd'],
  ['a window title', `a${ESC}]0;evil\u0007b`, 'ab'],
  ['a clipboard write', `a${ESC}]52;c;ZXZpbA==${ESC}\\b`, 'ab'],
  ['a hyperlink', `${ESC}]8;;http://x${ESC}\\text${ESC}]8;;${ESC}\\`, 'text'],
  ['a device control string', `a${ESC}Pq#0${ESC}\\b`, 'ab'],
  ['C1 controls', 'a\u009B31mb\u009D0;x\u009Cc\u0085d', 'abcd'],
  ['charset and keypad escapes', `a${ESC}(Bb${ESC}=c${ESC}7d`, 'abcd'],
  ['carriage return, backspace, bell', 'a\rb\bc\u0007d', 'abcd'],
  ['an escape cut off by the end', `abc${ESC}`, 'abc'],
  ['an operating system command never ended', `abc${ESC}]0;evil`, 'abc'],
  ['private modes that end in m', `a${ESC}[>4;2mb`, 'ab'],
])('%s are taken out', (_, line, text) => {
  expect(plainText(line)).toBe(text);
});

test('tabs and every letter of every script stay', () => {
  expect(plainText('a\tb 你好 é 👩‍💻')).toBe('a\tb 你好 é 👩‍💻');
});

test('spans say where they begin in the raw line', () => {
  const line = `ab${sgr('31')}cd${sgr('0')}ef`;
  for (const span of parseAnsi(line)) expect(line.startsWith(span.text, span.from)).toBe(true);
});

test('whatever comes in, no control character comes out and nothing is invented', () => {
  const pieces = fc.oneof(
    fc.string(),
    fc.constantFrom(ESC, `${ESC}[`, `${ESC}]`, '\u009B', 'm', ';', '38', '5', '\u0007', '\\'),
  );
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const line = parts.join('');
      const spans = parseAnsi(line);
      for (const span of spans)
        expect(line.slice(span.from, span.from + span.text.length)).toBe(span.text);
      const text = spans.map((span) => span.text).join('');
      expect(/\p{Cc}/u.test(text.replaceAll('\t', ''))).toBe(false);
    }),
  );
});

test('palette colours follow the theme, the cube and the greys are what xterm shows', () => {
  expect(cssColor(1)).toBe('var(--ansi-1)');
  expect(cssColor(16)).toBe('rgb(0 0 0)');
  expect(cssColor(208)).toBe('rgb(255 135 0)');
  expect(cssColor(255)).toBe('rgb(238 238 238)');
  expect(cssColor('#123456')).toBe('#123456');
});
