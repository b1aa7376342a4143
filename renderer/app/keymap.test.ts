import { expect, test } from 'vitest';
import { chordOf, commandFor, KEYMAP, type KeyCommand, type PressedKey } from './keymap.ts';

const press = (key: string, modifiers: Partial<PressedKey> = {}): PressedKey => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...modifiers,
});

test('Mod is Ctrl here and ⌘ on a Mac, and the other one is left alone', () => {
  expect(chordOf(press('k', { ctrlKey: true }), false)).toBe('Mod+K');
  expect(chordOf(press('k', { metaKey: true }), true)).toBe('Mod+K');
  expect(chordOf(press('k', { ctrlKey: true }), true)).toBeNull();
});

test('a sign made with Shift is named by itself, a letter and an arrow keep the Shift', () => {
  expect(chordOf(press('?', { shiftKey: true }), false)).toBe('?');
  expect(chordOf(press('ArrowUp', { shiftKey: true }), false)).toBe('Shift+ArrowUp');
  expect(chordOf(press('P', { shiftKey: true, ctrlKey: true }), false)).toBe('Mod+Shift+P');
  expect(chordOf(press('S', { shiftKey: true }), false)).toBe('Shift+S');
});

test('a modifier on its own and anything with Alt mean nothing', () => {
  expect(chordOf(press('Shift', { shiftKey: true }), false)).toBeNull();
  expect(chordOf(press('s', { altKey: true }), false)).toBeNull();
});

test('a sequence is found by its second key, and only then', () => {
  const commands: KeyCommand[] = ['goContainers', 'goImages', 'toggle'];
  expect(commandFor('g', null, commands)).toEqual({ command: null, begins: true });
  expect(commandFor('i', 'g', commands).command).toBe('goImages');
  expect(commandFor('s', 'g', commands).command).toBeNull();
  expect(commandFor('s', null, commands).command).toBe('toggle');
});

test('within a section, and against what holds anywhere, no key means two things', () => {
  const entries = Object.values(KEYMAP);
  for (const section of ['container', 'image'] as const) {
    const keys = entries
      .filter((each) => each.section !== 'container' && each.section !== 'image')
      .concat(entries.filter((each) => each.section === section) as never)
      .flatMap((each) => [...each.keys]);
    expect(new Set(keys).size, section).toBe(keys.length);
  }
});
