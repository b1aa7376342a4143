/** A key or a chord as printed on this machine's keyboard: `Mod+K` is ⌘K or Ctrl K. */
import './kbd.css';

export const IS_MAC = /mac/i.test(globalThis.navigator?.platform ?? '');

const NAMES: Readonly<Record<string, string>> = {
  Mod: IS_MAC ? '⌘' : 'Ctrl',
  Shift: IS_MAC ? '⇧' : 'Shift',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Enter: '↵',
  Escape: 'Esc',
  Backspace: '⌫',
  Delete: 'Del',
  Space: 'Space',
  Home: 'Home',
  End: 'End',
};

export function keyNames(keys: string): string[] {
  return keys
    .split(/[+ ]/)
    .filter(Boolean)
    .map((key) => NAMES[key] ?? key.toUpperCase());
}

export function Kbd({ keys }: { keys: string }) {
  return (
    <span className="kbd-chord">
      {keyNames(keys).map((name) => (
        <kbd className="kbd" key={name}>
          {name}
        </kbd>
      ))}
    </span>
  );
}
