/** The keys of a list of rows, for `useKeys`: moving, choosing, folding. */
import { chooseAll, move, toggleOne, type Selection } from './selection.ts';

interface ListKeys {
  /** Keys of the rows in the order shown, groups included. */
  readonly keys: readonly string[];
  readonly selection: Selection;
  /** Rows that can be chosen; group heads cannot. */
  readonly choosable: readonly string[];
  readonly onSelect: (selection: Selection) => void;
}

export function listKeys({ keys, selection, choosable, onSelect }: ListKeys) {
  const step = (by: number, extend = false) => {
    onSelect(move(selection, extend ? choosable : keys, by, extend));
  };
  return {
    up: () => step(-1),
    down: () => step(1),
    extendUp: () => step(-1, true),
    extendDown: () => step(1, true),
    first: () => step(-keys.length),
    last: () => step(keys.length),
    choose: () => {
      if (selection.cursor !== null && choosable.includes(selection.cursor))
        onSelect(toggleOne(selection, selection.cursor));
    },
    chooseAll: () => onSelect(chooseAll(selection, choosable)),
  };
}
