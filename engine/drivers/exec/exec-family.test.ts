import { expect, test } from 'vitest';
import { familyOf } from './exec-family.ts';

const PROCESSES = [
  { pid: 1, parent: 0, session: 1, isMarked: false },
  { pid: 10, parent: 0, session: 10, isMarked: false },
  { pid: 11, parent: 10, session: 10, isMarked: false },
  { pid: 12, parent: 1, session: 10, isMarked: false }, // its parent is gone, its session tells
  { pid: 13, parent: 11, session: 13, isMarked: false }, // it left the session, its parent tells
  { pid: 14, parent: 13, session: 13, isMarked: false },
  { pid: 20, parent: 0, session: 20, isMarked: false },
  { pid: 30, parent: 1, session: 30, isMarked: true }, // a daemon
];

test('familyOf() finds the session of a program and all that descends from it', () => {
  expect(familyOf(new Set([10]), PROCESSES)).toEqual([10, 11, 12, 13, 14, 30]);
});

test('familyOf() finds the children of those that are gone', () => {
  const left = PROCESSES.filter(({ pid }) => pid === 14 || pid === 1);
  expect(familyOf(new Set([10, 11, 13]), left)).toEqual([14]);
});
