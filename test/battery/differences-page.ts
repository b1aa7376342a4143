/** `docs/differences.md`, written from the recordings and the reasons: what, where, and why. */
import type { Chapter, Outcome } from './chapter.ts';
import { CLASSES, type Difference, type DifferenceClass } from './differences.ts';
import { readRecording } from './recording.ts';

/** One command whose outcomes differ. */
export interface RecordedDifference {
  readonly chapter: string;
  readonly title: string;
  readonly command: string;
  readonly dockerd: Outcome;
  readonly gantryd: Outcome;
}

/** Every command that differs in the recordings, in their order. */
export function recordedDifferences(chapters: readonly Chapter[]): RecordedDifference[] {
  return chapters.flatMap(({ name }) =>
    Object.entries(readRecording(name)).flatMap(([title, commands]) =>
      commands.flatMap(({ command, dockerd, gantryd }) =>
        gantryd === undefined ? [] : [{ chapter: name, title, command, dockerd, gantryd }],
      ),
    ),
  );
}

/** The listed reason for a command that differs. */
export function reasonFor(
  { chapter, command }: Pick<RecordedDifference, 'chapter' | 'command'>,
  differences: readonly Difference[],
): Difference | undefined {
  return differences.find(({ where }) => where[chapter]?.includes(command));
}

export function differencesPage(
  recorded: readonly RecordedDifference[],
  differences: readonly Difference[],
  counts: { readonly checks: number; readonly commands: number },
): string {
  const sections = (Object.keys(CLASSES) as DifferenceClass[]).flatMap((name) =>
    section(name, recorded, differences),
  );
  const lines = [
    '# Where Gantry differs from Debian’s dockerd',
    '',
    `${counts.checks} checks with ${counts.commands} command lines of the docker CLI 28 are run against Gantry and`,
    'were recorded from Debian’s dockerd (20.10). This page lists every command whose output, error',
    'text or exit status is not the same, with the reason. It is written by',
    '`node test/battery/record.ts page` from `test/battery/recordings` and `test/battery/differences.ts`;',
    'the tests fail for a difference that is not listed and for a listed one that is gone.',
    '',
    ...sections,
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function section(
  name: DifferenceClass,
  recorded: readonly RecordedDifference[],
  differences: readonly Difference[],
): string[] {
  const groups = differences
    .filter((it) => it.class === name)
    .map((it) => ({ it, found: recorded.filter((one) => reasonFor(one, differences) === it) }))
    .filter(({ found }) => found.length > 0);
  if (groups.length === 0) return [];
  return [
    `## ${CLASSES[name].title}`,
    '',
    CLASSES[name].meaning,
    '',
    ...groups.flatMap(({ it, found }) => [`**${it.why}**`, '', ...table(found), '']),
  ];
}

function table(found: readonly RecordedDifference[]): string[] {
  return [
    '| command | dockerd | Gantry |',
    '| --- | --- | --- |',
    ...found.map(({ command, dockerd, gantryd }) => {
      const cells = [code(command), outcome(dockerd, gantryd), outcome(gantryd, dockerd)];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

/** What of an outcome the other has not. */
function outcome(one: Outcome, other: Outcome): string {
  const lines = [
    ...(one.code === other.code ? [] : [`exit ${one.code}`]),
    ...[...one.stdout, ...one.stderr]
      .filter((line) => ![...other.stdout, ...other.stderr].includes(line))
      .filter((line) => line !== '' && !line.startsWith('Run '))
      .slice(0, 3)
      .map(code),
  ];
  if (lines.length > 0) return lines.join('<br>');
  return one.stdout.length + one.stderr.length === 0 ? 'nothing' : 'other lines or order';
}

function code(text: string): string {
  const short = text.length > 240 ? `${text.slice(0, 240)}…` : text;
  return `<code>${short
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', '&#124;')
    .replaceAll('*', '&#42;')
    .replaceAll('_', '&#95;')
    .replaceAll('`', '&#96;')
    .replaceAll('{', '&#123;')
    .replaceAll('~', '&#126;')}</code>`;
}
