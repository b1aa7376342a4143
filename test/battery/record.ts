/**
 * Asks an engine all the battery's questions and writes its answers to `recordings/`:
 * `node test/battery/record.ts dockerd|gantryd [chapter …]`. Debian's dockerd takes some minutes.
 * `page` asks nobody. In any case the page of differences is written anew.
 */
import { writeFileSync } from 'node:fs';
import { BatteryRun } from './battery-run.ts';
import { CHAPTERS } from './chapters.ts';
import type { Chapter } from './chapter.ts';
import { DIFFERENCES } from './differences.ts';
import { differencesPage, reasonFor, recordedDifferences } from './differences-page.ts';
import {
  countOfBattery,
  readRecording,
  withDockerd,
  withGantryd,
  writeRecording,
} from './recording.ts';

const PAGE = new URL('../../docs/differences.md', import.meta.url);

const [subject, ...names] = process.argv.slice(2);
if (subject === 'dockerd' || subject === 'gantryd') {
  const chapters = CHAPTERS.filter(({ name }) => names.length === 0 || names.includes(name));
  await using run = await BatteryRun.start(subject);
  for (const chapter of chapters) await record(run, chapter, subject);
} else if (subject !== 'page') {
  console.error('usage: record.ts dockerd|gantryd|page [chapter …]');
  process.exit(2);
}
const recorded = recordedDifferences(CHAPTERS);
writeFileSync(PAGE, differencesPage(recorded, DIFFERENCES, countOfBattery(CHAPTERS)));
for (const it of recorded)
  if (reasonFor(it, DIFFERENCES) === undefined)
    console.log(`unexplained: ${it.chapter}: ${it.command}`);

async function record(
  run: BatteryRun,
  chapter: Chapter,
  subject: 'dockerd' | 'gantryd',
): Promise<void> {
  const started = performance.now();
  const outcomes = await run.outcomesOf(chapter);
  const merge = subject === 'dockerd' ? withDockerd : withGantryd;
  const recording = merge(readRecording(chapter.name), outcomes);
  writeRecording(chapter.name, recording);
  const commands = Object.values(recording).flat();
  const differing = commands.filter(({ gantryd }) => gantryd).length;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${chapter.name}: ${commands.length} commands, ${differing} differ, ${seconds} s`);
}
