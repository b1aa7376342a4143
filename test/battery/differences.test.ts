import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CHAPTERS } from './chapters.ts';
import { CLASSES, DIFFERENCES } from './differences.ts';
import { differencesPage, reasonFor, recordedDifferences } from './differences-page.ts';
import { countOfBattery } from './recording.ts';

const recorded = recordedDifferences(CHAPTERS);

describe('the list of differences from dockerd', () => {
  test('has a reason for every command that differs', () => {
    const unexplained = recorded.filter((it) => reasonFor(it, DIFFERENCES) === undefined);
    expect(unexplained.map(({ chapter, command }) => `${chapter}: ${command}`)).toEqual([]);
  });

  test('has no command that does not differ, and none twice', () => {
    const differing = new Set(recorded.map(({ chapter, command }) => `${chapter}: ${command}`));
    const listed = DIFFERENCES.flatMap(({ where }) =>
      Object.entries(where).flatMap(([chapter, commands]) =>
        commands.map((command) => `${chapter}: ${command}`),
      ),
    );
    expect(listed.filter((it) => !differing.has(it))).toEqual([]);
    expect(listed.filter((it, index) => listed.indexOf(it) !== index)).toEqual([]);
  });

  test('is the page in docs', () => {
    const page = new URL('../../docs/differences.md', import.meta.url);
    const counts = countOfBattery(CHAPTERS);
    expect(readFileSync(page, 'utf8')).toBe(differencesPage(recorded, DIFFERENCES, counts));
  });

  test('knows every class it uses', () => {
    for (const it of DIFFERENCES) expect(Object.keys(CLASSES)).toContain(it.class);
  });
});

describe('the battery', () => {
  test('has well over a hundred checks', () => {
    expect(countOfBattery(CHAPTERS).checks).toBeGreaterThan(150);
  });
});
