/** The terminal's colours: dark in both themes, as programs expect. */
import type { ITheme } from '@xterm/xterm';

export const TERMINAL_THEME: ITheme = {
  background: '#121317',
  foreground: '#d7dae0',
  cursor: '#ff8a4c',
  cursorAccent: '#121317',
  selectionBackground: '#6ea0ff55',
  black: '#2b2e35',
  red: '#ff7b72',
  green: '#4cc38a',
  yellow: '#f0b04a',
  blue: '#7aa8ff',
  magenta: '#d391f0',
  cyan: '#4fc4cf',
  white: '#c9ccd2',
  brightBlack: '#6f737c',
  brightRed: '#ff9a94',
  brightGreen: '#74dba8',
  brightYellow: '#ffc976',
  brightBlue: '#9dbfff',
  brightMagenta: '#e2b1f7',
  brightCyan: '#7fdbe4',
  brightWhite: '#f2f3f5',
};
