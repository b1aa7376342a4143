/**
 * The `changes` of import and commit: single Dockerfile instructions applied to a configuration, as
 * dockerd takes them: variables are replaced, a list is one in JSON, anything else a shell's. Pure.
 * Source: moby `builder/dockerfile`, BuildFromConfig and validCommitCommands; Dockerfile reference.
 */
import { EngineError } from '../../contract/errors.ts';
import type { ImageRunConfigJson } from '../../formats/image-config.ts';
import { parseGoDurationNs } from '../../formats/timestamps.ts';
import { shellWords } from './shell-words.ts';

type Config = ImageRunConfigJson;

/** What earlier changes of the same request did. */
interface Progress {
  /** A command was set: an entrypoint no longer clears it. */
  hasCommand: boolean;
}

type Apply = (config: Config, argument: string, progress: Progress) => void;

const INSTRUCTIONS: Readonly<Record<string, Apply>> = {
  cmd: (config, argument, progress) => {
    config.Cmd = commandOf(argument);
    progress.hasCommand = true;
  },
  entrypoint: (config, argument, progress) => {
    config.Entrypoint = commandOf(argument);
    if (!progress.hasCommand) config.Cmd = null;
  },
  env: (config, argument) => {
    const env = [...(config.Env ?? [])];
    for (const [key, value] of pairsOf('ENV', argument, config)) {
      const index = env.findIndex((line) => line.split('=', 1)[0] === key);
      env.splice(index === -1 ? env.length : index, 1, `${key}=${value}`);
    }
    config.Env = env;
  },
  expose: (config, argument) => {
    const ports = wordsOf(argument, config).flatMap(portsOf);
    config.ExposedPorts = { ...config.ExposedPorts, ...emptyByName(ports) };
  },
  healthcheck: (config, argument) => void (config.Healthcheck = healthcheckOf(argument)),
  label: (config, argument) => {
    const pairs = pairsOf('LABEL', argument, config);
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairs) };
  },
  onbuild: (config, argument) => {
    const [trigger = ''] = argument.toUpperCase().split(/\s/);
    if (trigger === 'ONBUILD')
      throw invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger === 'MAINTAINER' || trigger === 'FROM')
      throw invalid(`${trigger} isn't allowed as an ONBUILD trigger`);
    config.OnBuild = [...(config.OnBuild ?? []), argument];
  },
  user: (config, argument) => void (config.User = onlyWord('USER', argument, config)),
  volume: (config, argument) => {
    const paths = listOf(argument) ?? wordsOf(argument, config);
    if (paths.includes('')) throw invalid('VOLUME specified can not be an empty string');
    config.Volumes = { ...config.Volumes, ...emptyByName(paths) };
  },
  workdir: (config, argument) => {
    const path = onlyWord('WORKDIR', argument, config);
    config.WorkingDir = cleanPath(path.startsWith('/') ? path : `${config.WorkingDir}/${path}`);
  },
};

/** Applies the changes in order to a copy; throws `invalid-argument` with Docker's texts. */
export function applyChanges(config: Config, changes: readonly string[]): Config {
  const result: Config = { ...config };
  const progress: Progress = { hasCommand: false };
  for (const line of changes.flatMap(instructionsIn)) {
    const [, keyword = '', argument = ''] = /^(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
    const name = keyword.toLowerCase();
    const apply = INSTRUCTIONS[name];
    if (apply === undefined) throw invalid(`${name} is not a valid change command`);
    if (argument === '' && name !== 'cmd' && name !== 'entrypoint')
      throw invalid(
        name === 'workdir' || name === 'user'
          ? `${keyword.toUpperCase()} requires exactly one argument`
          : `${keyword.toUpperCase()} requires at least one argument`,
      );
    apply(result, argument, progress);
  }
  return result;
}

/** One change may hold several lines; comments say nothing, a backslash joins lines. */
function instructionsIn(change: string): string[] {
  if (change.trim() === '') return [];
  const lines = change
    .replaceAll(/\\[ \t]*\n/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw invalid('file with no instructions');
  return lines;
}

/** The JSON form is run as it is, anything else by a shell. */
function commandOf(argument: string): string[] {
  return listOf(argument) ?? ['/bin/sh', '-c', ...(argument === '' ? [] : [argument])];
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

function wordsOf(argument: string, { Env }: Config): string[] {
  const variables = new Map((Env ?? []).map((line) => splitAt(line, line.indexOf('='))));
  return shellWords(argument, (name) => variables.get(name));
}

function onlyWord(instruction: string, argument: string, config: Config): string {
  const words = wordsOf(argument, config);
  if (words.length > 1 && instruction === 'USER')
    throw invalid(`${instruction} requires exactly one argument`);
  return words.join(' ');
}

/** `KEY value with spaces`, or `A=1 B="2 3"`. */
function pairsOf(instruction: string, argument: string, config: Config): [string, string][] {
  if (
    !/^("[^"]*"|'[^']*'|[^\s"'])*?=/.test(argument.split(/\s/, 1)[0] ?? '') &&
    !/^["']/.test(argument)
  ) {
    const [, key = '', value = ''] = /^(\S+)\s*([\s\S]*)$/.exec(argument) ?? [];
    if (value === '') throw invalid(`${instruction} must have two arguments`);
    return [[key, wordsOf(value, config).join(' ')]];
  }
  return wordsOf(argument, config).map((word) => {
    const equals = word.indexOf('=');
    if (equals === -1)
      throw invalid(
        `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
      );
    if (equals === 0) throw invalid(`${instruction} names can not be blank`);
    return splitAt(word, equals);
  });
}

function splitAt(text: string, index: number): [string, string] {
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

/** `80`, `80/udp`, `8000-8002`. */
function portsOf(text: string): string[] {
  const [, first = '', last = first, protocol = 'tcp'] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || from > to || to > 65_535) throw invalid(`Invalid containerPort: ${text}`);
  return Array.from(
    { length: to - from + 1 },
    (_, index) => `${from + index}/${protocol.toLowerCase()}`,
  );
}

const HEALTH_FLAGS = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
} as const;

function healthcheckOf(argument: string): Record<string, unknown> {
  const flags: Record<string, number> = {};
  let rest = argument;
  for (let flag = flagOf(rest); flag !== undefined; flag = flagOf(rest)) {
    Object.assign(flags, healthFlag(flag.name, flag.value));
    rest = flag.rest;
  }
  const [, type = '', command = ''] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
  if (type.toUpperCase() === 'NONE') {
    if (command !== '') throw invalid('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  if (type.toUpperCase() !== 'CMD')
    throw invalid(`Unknown type ${JSON.stringify(type.toUpperCase())} in HEALTHCHECK (try CMD)`);
  if (command === '') throw invalid('Missing command after HEALTHCHECK CMD');
  const list = listOf(command);
  return { Test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list], ...flags };
}

function flagOf(text: string): { name: string; value: string; rest: string } | undefined {
  const [whole, name = '', value = ''] = /^--([a-z-]+)=(\S*)\s*/.exec(text) ?? [];
  return whole === undefined ? undefined : { name, value, rest: text.slice(whole.length) };
}

function healthFlag(name: string, value: string): Record<string, number> {
  if (name === 'retries') {
    if (!/^\d+$/.test(value) || Number(value) < 1)
      throw invalid(`--retries cannot be less than 1 (${value})`);
    return { Retries: Number(value) };
  }
  const field = HEALTH_FLAGS[name as keyof typeof HEALTH_FLAGS];
  if (field === undefined) throw invalid(`unknown flag: --${name}`);
  const durationNs = parseGoDurationNs(value);
  if (durationNs === undefined) throw invalid(`time: invalid duration ${JSON.stringify(value)}`);
  if (durationNs !== 0n && durationNs < 1_000_000n)
    throw invalid(`Interval ${JSON.stringify(name)} cannot be less than 1ms`);
  return { [field]: Number(durationNs) };
}

function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/'))
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  return `/${parts.join('/')}`;
}

function emptyByName(names: readonly string[]): Record<string, Record<string, unknown>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
