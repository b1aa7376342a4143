/** What the engines answered to each command of a chapter, kept as one JSON file a chapter. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Chapter, Outcome } from './chapter.ts';

export interface RecordedCommand {
  readonly command: string;
  readonly dockerd: Outcome;
  /** Only where it differs. */
  readonly gantryd?: Outcome;
}

/** By the title of the check. */
export type Recording = Readonly<Record<string, readonly RecordedCommand[]>>;

/** By the title of the check, the commands in their order. */
export type Outcomes = Readonly<
  Record<string, readonly { readonly command: string; readonly outcome: Outcome }[]>
>;

export function readRecording(chapter: string): Recording {
  const file = fileOf(chapter);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Recording) : {};
}

export function writeRecording(chapter: string, recording: Recording): void {
  writeFileSync(fileOf(chapter), `${JSON.stringify(recording, undefined, 2)}\n`);
}

/** dockerd answered again: what ours said is kept where the command is still there. */
export function withDockerd(old: Recording, outcomes: Outcomes): Recording {
  return mapCommands(old, outcomes, (command, dockerd, known) =>
    entry(command, dockerd, known?.gantryd ?? known?.dockerd ?? dockerd),
  );
}

/** Ours answered again; throws when dockerd was never asked. */
export function withGantryd(old: Recording, outcomes: Outcomes): Recording {
  return mapCommands(old, outcomes, (command, gantryd, known) => {
    if (known === undefined) throw new Error(`dockerd was not asked: ${command}`);
    return entry(command, known.dockerd, gantryd);
  });
}

function entry(command: string, dockerd: Outcome, gantryd: Outcome): RecordedCommand {
  return { command, dockerd, ...(!isDeepStrictEqual(dockerd, gantryd) && { gantryd }) };
}

type Merge = (
  command: string,
  outcome: Outcome,
  known: RecordedCommand | undefined,
) => RecordedCommand;

/** A check may give one command several times: the first matches the first, and so on. */
function mapCommands(old: Recording, outcomes: Outcomes, merge: Merge): Recording {
  return Object.fromEntries(
    Object.entries(outcomes).map(([title, commands]) => {
      const left = [...(old[title] ?? [])];
      const take = (command: string): RecordedCommand | undefined => {
        const index = left.findIndex((it) => it.command === command);
        return index === -1 ? undefined : left.splice(index, 1)[0];
      };
      return [title, commands.map((it) => merge(it.command, it.outcome, take(it.command)))];
    }),
  );
}

function fileOf(chapter: string): URL {
  return new URL(`recordings/${chapter.replaceAll(/[ ,]+/g, '-')}.json`, import.meta.url);
}

export function countOfBattery(chapters: readonly Chapter[]): { checks: number; commands: number } {
  const checks = chapters.flatMap((it) => Object.values(it.checks));
  return { checks: checks.length, commands: checks.flat().length };
}
