/**
 * Takes out of a command's output what differs from run to run on one engine: ids, digests, times, ages,
 * addresses, ports the kernel chose, sizes of images, and the width of table columns.
 */

/** In this order: a digest holds what looks like an id. */
const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/\r/g, '<CR>'],
  [/sha256:[0-9a-f]{64}\b/g, 'sha256:<digest>'],
  [/sha256:[0-9a-f]{12}\b/g, 'sha256:<id>'],
  [/\b[0-9a-f]{64}\b/g, '<id64>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b/g, '<id>'],
  [/(?!2024-01-0|0001-01-01)\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, '<time>'],
  [
    /(?!2024-01-0|0001-01-01)\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?( [+-]\d{4} [A-Z]+)?/g,
    '<time>',
  ],
  [/\b\d+(\.\d+){3}:53\b/g, '<server>'],
  [/\btime \(\d{10}\)/g, 'time (<seconds>)'],
  [/\bexecDuration=\d+/g, 'execDuration=<seconds>'],
  [/docker-import-\d+/g, 'docker-import-<number>'],
  [/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/g, '<time>'],
  [
    /\b(Less than a second|About an? (minute|hour)|\d+ (second|minute|hour|day|week|month|year)s?)\b/g,
    '<age>',
  ],
  [/\b(172\.(1[6-9]|2\d|3[01])|192\.168)\.\d+\.\d+\b/g, '<address>'],
  [/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, '<mac>'],
  [/\b\d+(\.\d+)?[MG]B\b/g, '<size>'],
];

/** The CLI complains of a refused upload or not, as it happens to be in the middle of it. */
const CHANCE = /level=error msg="Can't (add file|close tar writer)/;

export interface Surroundings {
  /** Where the commands run. */
  readonly folder: string;
  /** Where the engine keeps its things. */
  readonly engineFolder: string;
}

/** The lines of an output, without what comes by chance. */
export function normalised(output: string, { folder, engineFolder }: Surroundings): string[] {
  let text = output.replaceAll(folder, '<folder>').replaceAll(engineFolder, '<engine>');
  for (const [pattern, name] of REPLACEMENTS) text = text.replace(pattern, name);
  const lines = text
    .split('\n')
    .filter((line) => !CHANCE.test(line))
    .map((line) => line.replace(/ {2,}/g, '  ').trimEnd());
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
