/**
 * What `docker logs --details` shows before each line: the labels and variables that the options of
 * the log driver name, and the tag they make up. Pure.
 * Sources: Docker manual, "Customize log driver output"; moby `daemon/logger/loginfo.go`
 * (ExtraAttributes), `loggerutils/log_tag.go`, `api/server/httputils/write_log_stream.go`.
 */
import { EngineError } from '../contract/errors.ts';

export interface LogSubject {
  readonly id: string;
  /** Without slash. */
  readonly name: string;
  readonly imageId: string;
  /** As typed at create. */
  readonly imageReference: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly env: readonly string[];
  /** Program and arguments. */
  readonly command: readonly string[];
}

type Options = Readonly<Record<string, string>>;

const TAG_FIELDS: Readonly<Record<string, (subject: LogSubject) => string>> = {
  ID: ({ id }) => id.slice(0, 12),
  FullID: ({ id }) => id,
  Name: ({ name }) => name,
  ImageID: ({ imageId }) => imageId.slice(0, 12),
  ImageFullID: ({ imageId }) => imageId,
  ImageName: ({ imageReference }) => imageReference,
  Command: ({ command }) => command.join(' '),
  DaemonName: () => 'docker',
};
const TAG_FIELD = /\{\{\s*\.(\w+)\s*\}\}/g;

/** Throws `invalid-argument`, with Docker's reasons, for options that cannot be followed. */
export function checkLogDetails(options: Options): void {
  const refuse = (why: string) =>
    new EngineError('invalid-argument', `failed to initialize logging driver: ${why}`);
  for (const name of ['labels-regex', 'env-regex'])
    if (patternOf(options[name]) === 'invalid')
      throw refuse(`error parsing regexp: \`${options[name]}\``);
  const tag = options['tag'] ?? '';
  for (const [whole, field = ''] of tag.matchAll(TAG_FIELD))
    if (!Object.hasOwn(TAG_FIELDS, field))
      throw refuse(
        `template: log-tag: executing "log-tag" at <${whole}>: can't evaluate field ${field} in type *logger.Info`,
      );
}

/** Pairs sorted by name, with one blank after them: `env=prod,tier=front `. */
export function logDetails(options: Options, subject: LogSubject): string {
  const variables = subject.env.map((entry): [string, string] => {
    const mark = entry.indexOf('=');
    return mark === -1 ? [entry, ''] : [entry.slice(0, mark), entry.slice(mark + 1)];
  });
  const details = new Map([
    ...chosen(Object.entries(subject.labels), options['labels'], options['labels-regex']),
    ...chosen(variables, options['env'], options['env-regex']),
  ]);
  if (options['tag']) details.set('tag', tagOf(options['tag'], subject));
  const pairs = [...details]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${queryEscape(name)}=${queryEscape(value)}`);
  return `${pairs.join(',')} `;
}

function chosen(
  entries: readonly [string, string][],
  list: string | undefined,
  expression: string | undefined,
): [string, string][] {
  const names = (list ?? '').split(',');
  const pattern = patternOf(expression);
  const matches = (name: string) => pattern instanceof RegExp && pattern.test(name);
  return entries.filter(([name]) => names.includes(name) || matches(name));
}

function patternOf(expression: string | undefined): RegExp | 'none' | 'invalid' {
  if (expression === undefined || expression === '') return 'none';
  try {
    return new RegExp(expression);
  } catch {
    return 'invalid';
  }
}

function tagOf(template: string, subject: LogSubject): string {
  return template.replaceAll(TAG_FIELD, (whole, field: string) => {
    const valueOf = Object.hasOwn(TAG_FIELDS, field) ? TAG_FIELDS[field] : undefined;
    return valueOf === undefined ? whole : valueOf(subject);
  });
}

/** Go's `url.QueryEscape`: a blank is a plus, and more is escaped than JavaScript does. */
function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
