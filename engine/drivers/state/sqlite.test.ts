import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SqliteState } from './sqlite.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'gantry-state-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('SqliteState', () => {
  test('keeps records over a close and a new start, in order of key', () => {
    const first = new SqliteState(join(folder, 's.db'));
    first.records('things').put('b', { n: 2 });
    first.records('things').put('a', { n: 1 });
    first.records('things').put('c', { n: 3 });
    first.records('things').delete('c');
    first.close();
    const second = new SqliteState(join(folder, 's.db'));
    expect(second.records('things').all()).toEqual([
      ['a', { n: 1 }],
      ['b', { n: 2 }],
    ]);
    expect(second.records('things').get('c')).toBeUndefined();
    second.close();
  });

  test('transaction() rolls every write back when its work throws', () => {
    const state = new SqliteState(join(folder, 's.db'));
    const things = state.records<number>('things');
    things.put('a', 1);
    const fail = () =>
      state.transaction(() => {
        things.put('a', 2);
        things.put('b', 2);
        throw new Error('half way');
      });
    expect(fail).toThrow('half way');
    expect(things.all()).toEqual([['a', 1]]);
    state.close();
  });

  test('refuses a file that a newer engine wrote', () => {
    const path = join(folder, 's.db');
    new SqliteState(path).close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version=99');
    database.close();
    expect(() => new SqliteState(path)).toThrow('written by a newer engine');
  });
});
