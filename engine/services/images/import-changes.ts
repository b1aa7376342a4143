/**
 * The `changes` of import and commit: single Dockerfile instructions applied to a configuration.
 * Pure. Source: Docker Engine API v1.50, ImageCreate `changes`; Dockerfile reference.
 */
import { EngineError } from '../../contract/errors.ts';
import type { ImageRunConfigJson } from '../../formats/image-config.ts';

type Config = ImageRunConfigJson;

const INSTRUCTIONS: Readonly<Record<string, (config: Config, argument: string) => void>> = {
  CMD: (config, argument) => void (config.Cmd = commandOf(argument)),
  ENTRYPOINT: (config, argument) => void (config.Entrypoint = commandOf(argument)),
  ENV: (config, argument) => {
    const pairs = pairsOf(argument);
    const names = new Set(pairs.map(([key]) => key));
    const kept = (config.Env ?? []).filter((line) => !names.has(line.split('=')[0] ?? ''));
    config.Env = [...kept, ...pairs.map(([key, value]) => `${key}=${value}`)];
  },
  EXPOSE: (config, argument) => {
    const ports = wordsOf(argument).map((port) => (port.includes('/') ? port : `${port}/tcp`));
    for (const port of ports)
      if (!/^\d{1,5}(-\d{1,5})?\/(tcp|udp|sctp)$/.test(port))
        throw invalid(`invalid containerPort: ${port}`);
    config.ExposedPorts = { ...config.ExposedPorts, ...emptyByName(ports) };
  },
  LABEL: (config, argument) => {
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairsOf(argument)) };
  },
  ONBUILD: (config, argument) => void (config.OnBuild = [...(config.OnBuild ?? []), argument]),
  STOPSIGNAL: (config, argument) => void (config.StopSignal = argument),
  USER: (config, argument) => void (config.User = argument),
  VOLUME: (config, argument) => {
    const paths = listOf(argument) ?? wordsOf(argument);
    config.Volumes = { ...config.Volumes, ...emptyByName(paths) };
  },
  WORKDIR: (config, argument) => {
    const base = config.WorkingDir || '/';
    config.WorkingDir = argument.startsWith('/')
      ? argument
      : `${base.replace(/\/$/, '')}/${argument}`;
  },
};

/** Applies the changes in order to a copy; throws `invalid-argument` for what is none. */
export function applyChanges(config: Config, changes: readonly string[]): Config {
  const result: Config = { ...config };
  for (const line of changes) {
    const [, keyword = '', argument = ''] = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(line) ?? [];
    if (keyword === '') continue;
    const apply = INSTRUCTIONS[keyword.toUpperCase()];
    if (apply === undefined)
      throw invalid(`${keyword.toUpperCase()} is not a valid change command`);
    if (argument === '') throw invalid(`${keyword.toUpperCase()} requires at least one argument`);
    apply(result, argument);
  }
  return result;
}

/** The JSON form is run as it is, anything else by a shell. */
function commandOf(argument: string): string[] {
  return listOf(argument) ?? ['/bin/sh', '-c', argument];
}

function listOf(argument: string): string[] | undefined {
  if (!argument.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(argument);
    return Array.isArray(list) && list.every((it) => typeof it === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

/** `KEY value with spaces`, or `A=1 B="2 3"`. */
function pairsOf(argument: string): [string, string][] {
  const words = wordsOf(argument);
  if (!(words[0] ?? '').includes('=')) {
    const [, key = '', value = ''] = /^(\S+)\s*([\s\S]*)$/.exec(argument) ?? [];
    return [[key, value]];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals <= 0) throw invalid(`can't find = in "${word}". Must be of the form: name=value`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

/** Words as a shell splits them: quotes and backslashes join. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/g))
    words.push(
      word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) =>
        double === undefined ? (single ?? escaped) : double.replaceAll(/\\(["\\$])/g, '$1'),
      ),
    );
  return words;
}

function emptyByName(names: readonly string[]): Record<string, Record<string, unknown>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
