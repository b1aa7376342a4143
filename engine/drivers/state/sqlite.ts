/**
 * `StateStore` in one SQLite file (WAL). Commits are not fsynced one by one: with WAL and
 * `synchronous=NORMAL` a crash of the engine loses nothing, and a crash of the machine loses at
 * most the last commits and never corrupts the file. Source: sqlite.org/pragma.html#pragma_synchronous.
 *
 * A full disk does not stop it at once: pages are kept in reserve, in the file and in its log, which
 * SQLite uses again before it asks the disk for more. So containers can be removed, and their ends
 * be written down, when there is no other space left.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { EngineError } from '../../contract/errors.ts';
import type { Records, StateStore } from '../state.ts';

const SCHEMA_VERSION = 1;
/** Some 250 pages: as many small records can be written without new space. */
const RESERVE_BYTES = 1 << 20;
/** Pages in the log after which it is begun anew: it stays near the size the reserve gave it. */
const CHECKPOINT_PAGES = 250;

export class SqliteState implements StateStore {
  private readonly database: DatabaseSync;

  /** Opens or creates the file at `path`; throws when a newer engine wrote it. */
  constructor(path: string) {
    this.database = new DatabaseSync(path);
    this.database.exec(
      `PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-512; PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES}`,
    );
    const { user_version: version } = this.database.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    if (version > SCHEMA_VERSION)
      throw new Error(`${path} was written by a newer engine (schema ${version})`);
    this.database.exec(`PRAGMA user_version=${SCHEMA_VERSION}`);
    this.reserve();
  }

  /**
   * Written and deleted, the pages stay with the file and the log (which a clean end truncates).
   * Without space for it the engine starts all the same.
   */
  private reserve(): void {
    try {
      this.database.exec(
        `CREATE TABLE IF NOT EXISTS reserve (bytes BLOB);
         INSERT INTO reserve VALUES (zeroblob(${RESERVE_BYTES}));
         DELETE FROM reserve`,
      );
    } catch (error) {
      if (!isFull(error)) throw error;
    }
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
      writing(() => this.database.exec('COMMIT'));
      return result;
    } catch (error) {
      // SQLite has rolled back by itself where it ran out of space.
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
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
    writing(() => this.upsert.run(key, JSON.stringify(value)));
  }

  delete(key: string): void {
    writing(() => this.remove.run(key));
  }

  all(): [string, T][] {
    const rows = this.selectAll.all() as { key: string; value: string }[];
    return rows.map(({ key, value }) => [key, JSON.parse(value) as T]);
  }
}

/** Throws `out-of-space` in the words that people know. */
function writing(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!isFull(error)) throw error;
    throw new EngineError('out-of-space', 'writing the state: no space left on device', {
      cause: error,
    });
  }
}

/** Source: sqlite.org/rescode.html, SQLITE_FULL, and SQLITE_IOERR for a log that cannot grow. */
function isFull(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  const [SQLITE_IOERR, SQLITE_FULL] = [10, 13];
  return errcode !== undefined && [SQLITE_IOERR, SQLITE_FULL].includes(errcode & 0xff);
}
