/**
 * What the engine remembers between two starts: small JSON records by key, in named collections.
 *
 * Guarantees: a write is visible to every later read at once and survives a crash of the engine;
 * `transaction` makes several writes one, all or nothing. Whoever writes a record that names files
 * makes those files durable first, so a record never points at something that is not there.
 * Where the disk is full, writing throws `out-of-space` and changes nothing; some writes more are
 * possible on a full disk, so that its owner can free space.
 */

/** A stored value: what JSON can carry. bigint and Date do not belong in a record. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

export interface Records<T> {
  get(key: string): T | undefined;
  /** Creates or replaces. */
  put(key: string, value: T): void;
  /** Deleting an absent key does nothing. */
  delete(key: string): void;
  /** Every record, in order of key. */
  all(): [key: string, value: T][];
}

export interface StateStore {
  /** Opens a collection; the same name always gives the same records. Names: `[a-z_]+`. */
  records<T>(collection: string): Records<T>;
  /** Runs `work` and commits its writes as one; a throw rolls all of them back. Does not nest. */
  transaction<R>(work: () => R): R;
  close(): void;
}
