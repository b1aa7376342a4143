/** A text selection in the log, by lines instead of by elements: it outlives rows that are not drawn. */
import { textBetween, type LinePoint } from './log-text.ts';
import type { LogLine } from './log-window.ts';

/** Cursor of the line the present selection began in; null without one in a log. */
export function selectionStart(): number | null {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || !selection.anchorNode) return null;
  return cursorOf(rowOf(selection.anchorNode));
}

/** The selected text of these lines; null when the selection is not in them. */
export function selectedText(lines: readonly LogLine[]): string | null {
  const selection = document.getSelection();
  if (!selection?.anchorNode || !selection.focusNode || selection.isCollapsed) return null;
  const from = pointOf(selection.anchorNode, selection.anchorOffset);
  const to = pointOf(selection.focusNode, selection.focusOffset);
  return from && to ? textBetween(lines, from, to) : null;
}

function pointOf(node: Node, offset: number): LinePoint | null {
  const row = rowOf(node);
  const cursor = cursorOf(row);
  const text = row?.querySelector('.log-text');
  if (cursor === null || !text) return null;
  const range = document.createRange();
  range.selectNodeContents(text);
  if (!text.contains(node))
    return { cursor, offset: range.comparePoint(node, offset) > 0 ? Number.MAX_SAFE_INTEGER : 0 };
  range.setEnd(node, offset);
  return { cursor, offset: range.toString().length };
}

function rowOf(node: Node): Element | null {
  const element = node instanceof Element ? node : node.parentElement;
  return element?.closest('[data-cursor]') ?? null;
}

function cursorOf(row: Element | null): number | null {
  const cursor = row instanceof HTMLElement ? row.dataset['cursor'] : undefined;
  return cursor === undefined ? null : Number(cursor);
}
