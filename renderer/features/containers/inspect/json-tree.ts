/**
 * A JSON document as rows of a tree. What is searched for opens the way to itself. Pure.
 */

export interface JsonRow {
  /** A path as JavaScript writes it: `.NetworkSettings.Ports["80/tcp"][0]`. */
  readonly key: string;
  readonly depth: number;
  /** Null for the root. */
  readonly name: string | null;
  /** The value as JSON; for objects and arrays what is in them in a word. */
  readonly text: string;
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  readonly childCount: number;
  readonly isOpen: boolean;
  readonly isHit: boolean;
}

interface TreeOptions {
  /** Rows opened or closed by hand, by key; others are open down to `OPEN_DEPTH`. */
  readonly toggled: ReadonlyMap<string, boolean>;
  readonly search: string;
}

const OPEN_DEPTH = 1;

export function jsonRows(value: unknown, { toggled, search }: TreeOptions): JsonRow[] {
  const rows: JsonRow[] = [];
  const wanted = search.trim().toLowerCase();
  const visit = (node: unknown, name: string | null, key: string, depth: number): void => {
    const children = childrenOf(node, key);
    const leadsToHit = wanted !== '' && children.some((child) => holds(child, wanted));
    const isOpen = children.length > 0 && (leadsToHit || (toggled.get(key) ?? depth <= OPEN_DEPTH));
    rows.push({
      key: key || '.',
      depth,
      name,
      text: textOf(node),
      kind: kindOf(node),
      childCount: children.length,
      isOpen,
      isHit: wanted !== '' && isHit(name, node, wanted),
    });
    if (isOpen) for (const child of children) visit(child.value, child.name, child.key, depth + 1);
  };
  visit(value, null, '', 0);
  return rows;
}

interface Child {
  readonly name: string;
  readonly key: string;
  readonly value: unknown;
}

function childrenOf(node: unknown, key: string): Child[] {
  if (Array.isArray(node))
    return node.map((value: unknown, index) => ({
      name: String(index),
      key: `${key}[${index}]`,
      value,
    }));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).map(([name, value]) => ({
    name,
    key: `${key}${/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`}`,
    value,
  }));
}

function holds(child: Child, wanted: string): boolean {
  return (
    isHit(child.name, child.value, wanted) ||
    childrenOf(child.value, '').some((inner) => holds(inner, wanted))
  );
}

function isHit(name: string | null, node: unknown, wanted: string): boolean {
  if (name?.toLowerCase().includes(wanted)) return true;
  if (typeof node === 'object' && node !== null) return false;
  return String(node).toLowerCase().includes(wanted);
}

function kindOf(node: unknown): JsonRow['kind'] {
  if (node === null || node === undefined) return 'null';
  if (Array.isArray(node)) return 'array';
  const type = typeof node;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}

function textOf(node: unknown): string {
  if (Array.isArray(node)) return node.length === 0 ? '[]' : `[${node.length}]`;
  if (typeof node === 'object' && node !== null)
    return Object.keys(node).length === 0 ? '{}' : `{${Object.keys(node).length}}`;
  return JSON.stringify(node) ?? 'null';
}

/** Where `search` stands in `text`, as pieces in turn outside and inside. */
export function splitByHit(text: string, search: string): { text: string; isHit: boolean }[] {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return [{ text, isHit: false }];
  const pieces: { text: string; isHit: boolean }[] = [];
  const lower = text.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    if (at > from) pieces.push({ text: text.slice(from, at), isHit: false });
    from = at + wanted.length;
    pieces.push({ text: text.slice(at, from), isHit: true });
  }
  if (from < text.length) pieces.push({ text: text.slice(from), isHit: false });
  return pieces;
}
