/**
 * `StateStore` in one SQLite file (WAL). Commits are not fsynced one by one: with WAL and
 * `synchronous=NORMAL` a crash of the engine loses nothing, and a crash of the machine loses at
 * most the last commits and never corrupts the file. Source: sqlite.org/pragma.html#pragma_synchronous.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Records, StateStore } from '../state.ts';

const SCHEMA_VERSION = 1;

export class SqliteState implements StateStore {
  private readonly database: DatabaseSync;

  /** Opens or creates the file at `path`; throws when a newer engine wrote it. */
  constructor(path: string) {
    this.database = new DatabaseSync(path);
    this.database.exec(
      'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-512',
    );
    const { user_version: version } = this.database.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    if (version > SCHEMA_VERSION)
      throw new Error(`${path} was written by a newer engine (schema ${version})`);
    this.database.exec(`PRAGMA user_version=${SCHEMA_VERSION}`);
  }

  records<T>(collection: string): Records<T> {
    if (!/^[a-z_]+$/.test(collection)) throw new Error(`not a collection name: ${collection}`);
    this.database.exec(
      `CREATE TABLE IF NOT EXISTS ${collection} (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
    );
    return new SqliteRecords<T>(this.database, collection);
  }

  transaction<R>(work: () => R): R {
    this.database.exec('BEGIN');
    try {
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.database.close();
  }
}

class SqliteRecords<T> implements Records<T> {
  private readonly select: StatementSync;
  private readonly selectAll: StatementSync;
  private readonly upsert: StatementSync;
  private readonly remove: StatementSync;

  constructor(database: DatabaseSync, table: string) {
    this.select = database.prepare(`SELECT value FROM ${table} WHERE key = ?`);
    this.selectAll = database.prepare(`SELECT key, value FROM ${table} ORDER BY key`);
    this.upsert = database.prepare(`INSERT OR REPLACE INTO ${table} (key, value) VALUES (?, ?)`);
    this.remove = database.prepare(`DELETE FROM ${table} WHERE key = ?`);
  }

  get(key: string): T | undefined {
    const row = this.select.get(key) as { value: string } | undefined;
    return row && (JSON.parse(row.value) as T);
  }

  put(key: string, value: T): void {
    this.upsert.run(key, JSON.stringify(value));
  }

  delete(key: string): void {
    this.remove.run(key);
  }

  all(): [string, T][] {
    const rows = this.selectAll.all() as { key: string; value: string }[];
    return rows.map(({ key, value }) => [key, JSON.parse(value) as T]);
  }
}
