/**
 * Every key of the window in one table: what it does, what it is called in the shortcuts sheet, and
 * in which part of it. A chord is written `Mod+K` (Mod is ⌘ on a Mac, Ctrl elsewhere), a sequence
 * `g c`. Pure.
 */
import type { MessageKey } from '../messages/translate.ts';

export interface Shortcut {
  readonly keys: readonly string[];
  readonly title: MessageKey;
  readonly section: 'anywhere' | 'list' | 'container' | 'image';
  /** Works while typing in a field as well. */
  readonly inFields?: true;
}

export const KEYMAP = {
  palette: {
    keys: ['Mod+K', 'Mod+Shift+P'],
    title: 'keys.palette',
    section: 'anywhere',
    inFields: true,
  },
  shortcuts: { keys: ['?'], title: 'keys.shortcuts', section: 'anywhere' },
  search: { keys: ['/'], title: 'keys.search', section: 'anywhere' },
  goContainers: { keys: ['g c'], title: 'keys.goContainers', section: 'anywhere' },
  goImages: { keys: ['g i'], title: 'keys.goImages', section: 'anywhere' },
  goActivity: { keys: ['g a'], title: 'keys.goActivity', section: 'anywhere' },
  goSettings: { keys: ['g s'], title: 'keys.goSettings', section: 'anywhere' },
  run: { keys: ['n'], title: 'keys.run', section: 'anywhere' },

  up: { keys: ['ArrowUp', 'k'], title: 'keys.up', section: 'list' },
  down: { keys: ['ArrowDown', 'j'], title: 'keys.down', section: 'list' },
  extendUp: { keys: ['Shift+ArrowUp'], title: 'keys.extendUp', section: 'list' },
  extendDown: { keys: ['Shift+ArrowDown'], title: 'keys.extendDown', section: 'list' },
  first: { keys: ['Home'], title: 'keys.first', section: 'list' },
  last: { keys: ['End'], title: 'keys.last', section: 'list' },
  open: { keys: ['Enter'], title: 'keys.open', section: 'list' },
  choose: { keys: ['x', 'Space'], title: 'keys.choose', section: 'list' },
  chooseAll: { keys: ['Mod+A'], title: 'keys.chooseAll', section: 'list' },
  fold: { keys: ['ArrowLeft'], title: 'keys.fold', section: 'list' },
  unfold: { keys: ['ArrowRight'], title: 'keys.unfold', section: 'list' },
  leave: { keys: ['Escape'], title: 'keys.leave', section: 'list' },

  toggle: { keys: ['s'], title: 'keys.toggle', section: 'container' },
  restart: { keys: ['r'], title: 'keys.restart', section: 'container' },
  pause: { keys: ['p'], title: 'keys.pause', section: 'container' },
  logs: { keys: ['l'], title: 'keys.logs', section: 'container' },
  terminal: { keys: ['t'], title: 'keys.terminal', section: 'container' },
  inspect: { keys: ['i'], title: 'keys.inspect', section: 'container' },
  remove: { keys: ['Backspace', 'Delete'], title: 'keys.remove', section: 'container' },
  findInLog: { keys: ['Mod+F'], title: 'keys.findInLog', section: 'container', inFields: true },

  pull: { keys: ['p'], title: 'keys.pull', section: 'image' },
  runImage: { keys: ['r'], title: 'keys.runImage', section: 'image' },
  removeImage: { keys: ['Backspace', 'Delete'], title: 'keys.removeImage', section: 'image' },
} as const satisfies Record<string, Shortcut>;

export type KeyCommand = keyof typeof KEYMAP;

export interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** The chord as the table spells it; null for a modifier on its own. */
export function chordOf(press: PressedKey, isMac: boolean): string | null {
  if (['Control', 'Shift', 'Alt', 'Meta'].includes(press.key)) return null;
  const mod = isMac ? press.metaKey : press.ctrlKey;
  const foreign = isMac ? press.ctrlKey : press.metaKey;
  if (foreign || press.altKey) return null;
  const isLetter = /^\p{L}$/u.test(press.key);
  const key = press.key === ' ' ? 'Space' : mod && isLetter ? press.key.toUpperCase() : press.key;
  // A sign that needs Shift on the keyboard ("?") is named by itself.
  const shift = press.shiftKey && (mod || isLetter || press.key.length > 1);
  return `${mod ? 'Mod+' : ''}${shift ? 'Shift+' : ''}${key}`;
}

export interface Match {
  readonly command: KeyCommand | null;
  /** True when the chord may begin a sequence; pass it as `before` with the next key. */
  readonly begins: boolean;
}

/** Which of `commands` a chord means, after `before` (the first key of a sequence, or null). */
export function commandFor(
  chord: string,
  before: string | null,
  commands: Iterable<KeyCommand>,
): Match {
  let begins = false;
  for (const command of commands) {
    for (const keys of KEYMAP[command].keys) {
      if (keys === (before === null ? chord : `${before} ${chord}`))
        return { command, begins: false };
      if (before === null && keys.startsWith(`${chord} `)) begins = true;
    }
  }
  return { command: null, begins };
}
