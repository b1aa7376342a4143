/**
 * Which rows of a list are chosen, and where the keyboard stands. Pure: every function returns the
 * next selection. `keys` is always the list's order as shown, without what is folded away.
 */

export interface Selection {
  /** The row keys act on; null before the first. */
  readonly cursor: string | null;
  /** Where a shift range begins. */
  readonly anchor: string | null;
  readonly chosen: ReadonlySet<string>;
}

export const NOTHING_CHOSEN: Selection = { cursor: null, anchor: null, chosen: new Set() };

export interface ClickModifiers {
  readonly range: boolean;
  readonly toggle: boolean;
}

/** A plain click only moves the cursor and drops what was chosen; ctrl toggles; shift takes a range. */
export function click(
  selection: Selection,
  keys: readonly string[],
  key: string,
  { range, toggle }: ClickModifiers,
): Selection {
  if (range) return extendTo(selection, keys, key);
  if (!toggle) return { cursor: key, anchor: key, chosen: new Set() };
  const chosen = new Set(selection.chosen);
  // The row that stood open counts as chosen once a second one is added to it.
  if (chosen.size === 0 && selection.cursor !== null && selection.cursor !== key)
    if (keys.includes(selection.cursor)) chosen.add(selection.cursor);
  if (!chosen.delete(key)) chosen.add(key);
  return { cursor: key, anchor: key, chosen };
}

/** A checkbox adds or takes its own row and nothing else. */
export function toggleOne(selection: Selection, key: string): Selection {
  const chosen = new Set(selection.chosen);
  if (!chosen.delete(key)) chosen.add(key);
  return { cursor: key, anchor: key, chosen };
}

export function move(
  selection: Selection,
  keys: readonly string[],
  step: number,
  extend: boolean,
): Selection {
  if (keys.length === 0) return selection;
  const at = selection.cursor === null ? -1 : keys.indexOf(selection.cursor);
  const start = at === -1 ? (step > 0 ? -1 : keys.length) : at;
  const next = Math.min(keys.length - 1, Math.max(0, start + step));
  const key = keys[next] as string;
  if (extend) return extendTo(selection, keys, key);
  return { cursor: key, anchor: key, chosen: selection.chosen };
}

export function chooseAll(selection: Selection, keys: readonly string[]): Selection {
  return { ...selection, chosen: new Set(keys) };
}

/** Drops what is no longer there, so that a bulk action never reaches a row that cannot be seen. */
export function prune(selection: Selection, keys: readonly string[]): Selection {
  const present = new Set(keys);
  const chosen = new Set([...selection.chosen].filter((key) => present.has(key)));
  const keep = (key: string | null) => (key !== null && present.has(key) ? key : null);
  const cursor = keep(selection.cursor);
  if (chosen.size === selection.chosen.size && cursor === selection.cursor) return selection;
  return { cursor, anchor: keep(selection.anchor), chosen };
}

function extendTo(selection: Selection, keys: readonly string[], key: string): Selection {
  const anchor = selection.anchor ?? selection.cursor ?? key;
  const [from, to] = [keys.indexOf(anchor), keys.indexOf(key)].toSorted((a, b) => a - b) as [
    number,
    number,
  ];
  if (from === -1) return { cursor: key, anchor: key, chosen: new Set([key]) };
  return { cursor: key, anchor, chosen: new Set(keys.slice(from, to + 1)) };
}
