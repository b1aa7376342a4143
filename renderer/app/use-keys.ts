/**
 * Listens for the window's keys. Keys that type, and keys that a focused control uses itself, are
 * left alone. The view mounted last is asked first.
 */
import { useEffect, useRef } from 'react';
import { IS_MAC } from '../components/kbd.tsx';
import { chordOf, commandFor, KEYMAP, type KeyCommand, type Shortcut } from './keymap.ts';

type Handlers = Partial<Record<KeyCommand, () => void>>;

/** The second key of a sequence has this long. */
const SEQUENCE_MS = 1_200;

const layers: { current: Handlers }[] = [];
let before: { key: string; atMs: number } | null = null;

export function useKeys(handlers: Handlers): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    if (layers.length === 0) window.addEventListener('keydown', handleKey);
    layers.push(latest);
    return () => {
      layers.splice(layers.indexOf(latest), 1);
      if (layers.length === 0) window.removeEventListener('keydown', handleKey);
    };
  }, []);
}

function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const chord = chordOf(event, IS_MAC);
  if (chord === null) return;
  const first = before && Date.now() - before.atMs < SEQUENCE_MS ? before.key : null;
  before = null;
  for (const layer of layers.toReversed()) {
    const commands = Object.keys(layer.current) as KeyCommand[];
    const { command, begins } = commandFor(chord, first, commands);
    if (begins && !isTyping(event.target)) before = { key: chord, atMs: Date.now() };
    if (!command || belongsToControl(event, command)) continue;
    event.preventDefault();
    layer.current[command]?.();
    return;
  }
}

function belongsToControl(event: KeyboardEvent, command: KeyCommand): boolean {
  const { target, key } = event;
  if (!(target instanceof Element)) return false;
  const shortcut: Shortcut = KEYMAP[command];
  // Ctrl+K is a shell's own key; ⌘K and Ctrl+Shift+P are not.
  if (target.closest('.xterm')) return !shortcut.inFields || (!IS_MAC && !event.shiftKey);
  if (isTyping(target)) return !shortcut.inFields;
  if (key === 'Enter' || key === ' ')
    return target.closest('button, a[href], [role=tab], summary, input, select') !== null;
  const scrolls = key.startsWith('Arrow') || ['Home', 'End', 'PageUp', 'PageDown'].includes(key);
  return scrolls && target.closest('[data-own-arrows], input, select') !== null;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return (
    target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type)
  );
}
