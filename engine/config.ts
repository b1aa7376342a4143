/**
 * Flags and config file → one frozen Config. The only reader of process.env and argv in the engine.
 * Names are dockerd's own where it has the same thing; unknown ones are refused with a hint.
 * Source: docs.docker.com/reference/cli/dockerd.
 */
import { readFileSync } from 'node:fs';
import { EngineError } from './contract/errors.ts';
import { OPTIONS, type OptionName, type OptionValue } from './config-options.ts';

export interface Config {
  /** `unix:///path` or `tcp://host:port`, at least one. */
  readonly hosts: readonly string[];
  /** Verify the store and end, instead of serving. */
  readonly check: boolean;
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly pidFile: string;
  /** Name or id of the group that may use the socket. */
  readonly group: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  /** Domain (`docker.io`) → addresses of its mirrors, first to be asked first. */
  readonly registryMirrors: Readonly<Record<string, readonly string[]>>;
  readonly insecureRegistries: readonly string[];
  /** Folder with certificates for registries, in Docker's `certs.d` layout. */
  readonly registryCertificates: string;
  readonly proxies: { readonly http: string; readonly https: string; readonly none: string };
  readonly maxConcurrentDownloads: number;
  readonly maxConcurrentUploads: number;
  readonly defaultRuntime: string;
  /** Runtime name → path of its program. */
  readonly runtimes: Readonly<Record<string, string>>;
  /** Empty: chosen by the engine. */
  readonly bridge: string;
  /** CIDR of the bridge's own address, or empty. */
  readonly bip: string;
  readonly mtu: number;
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly userlandProxy: boolean;
  readonly initPath: string;
  readonly seccompProfile: string;
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
  readonly defaultUlimits: readonly string[];
  readonly defaultShmSize: string;
  readonly labels: readonly string[];
  readonly tlsVerify: boolean;
  readonly tlsCaCert: string;
  readonly tlsCert: string;
  readonly tlsKey: string;
}

type Values = Partial<Record<OptionName, OptionValue>>;

/** Throws `invalid-argument` with a sentence for people when flags or file make no sense. */
export function readConfig(args: readonly string[], environment: NodeJS.ProcessEnv): Config {
  const flags = parseFlags(args);
  const file = readConfigFile(flags['config-file'] as string | undefined);
  const doubled = Object.keys(flags).find(
    (name) => name in file && !Array.isArray(file[name as OptionName]),
  );
  if (doubled !== undefined)
    throw invalid(`the option ${doubled} is given both as a flag and in the config file`);
  const values: Values = { ...file };
  for (const [name, value] of Object.entries(flags) as [OptionName, OptionValue][])
    values[name] = Array.isArray(value) ? [...((values[name] as string[]) ?? []), ...value] : value;
  return Object.freeze(toConfig(values, environment));
}

function toConfig(values: Values, environment: NodeJS.ProcessEnv): Config {
  const text = (name: OptionName, otherwise: string) => (values[name] as string) ?? otherwise;
  const list = (name: OptionName) => (values[name] as string[]) ?? [];
  const number = (name: OptionName, otherwise: number) => (values[name] as number) ?? otherwise;
  const flag = (name: OptionName, otherwise: boolean) => (values[name] as boolean) ?? otherwise;
  if (!flag('live-restore', true))
    throw invalid(
      '--live-restore=false is not supported: containers always outlive the engine, which is what makes upgrades and crashes harmless',
    );
  const storageDriver = text('storage-driver', 'overlay2');
  if (!['overlay2', 'overlay'].includes(storageDriver))
    throw invalid(`storage driver ${storageDriver} is not supported: the engine uses overlay`);
  const execRoot = text('exec-root', '/run/gantry');
  const hosts =
    list('host').length > 0
      ? list('host')
      : [environment['GANTRY_HOST'] ?? `unix://${execRoot}/gantry.sock`];
  return {
    hosts: hosts.map(checkHost),
    check: flag('check', false),
    dataRoot: text('data-root', '/var/lib/gantry'),
    execRoot,
    pidFile: text('pidfile', `${execRoot}/gantry.pid`),
    group: text('group', 'gantry'),
    logLevel: flag('debug', false) ? 'debug' : checkLogLevel(text('log-level', 'info')),
    registryMirrors: mirrorsByDomain(list('registry-mirror')),
    insecureRegistries: list('insecure-registry'),
    registryCertificates: text('registry-certs', '/etc/docker/certs.d'),
    proxies: {
      http: text('http-proxy', variable(environment, 'HTTP_PROXY')),
      https: text('https-proxy', variable(environment, 'HTTPS_PROXY')),
      none: text('no-proxy', variable(environment, 'NO_PROXY')),
    },
    maxConcurrentDownloads: atLeastOne(
      'max-concurrent-downloads',
      number('max-concurrent-downloads', 3),
    ),
    maxConcurrentUploads: atLeastOne('max-concurrent-uploads', number('max-concurrent-uploads', 5)),
    defaultRuntime: text('default-runtime', ''),
    runtimes: Object.fromEntries(
      list('add-runtime').map((entry) => splitPair(entry, 'add-runtime')),
    ),
    bridge: text('bridge', ''),
    bip: text('bip', ''),
    mtu: number('mtu', 1500),
    dns: list('dns'),
    dnsSearch: list('dns-search'),
    dnsOptions: list('dns-opt'),
    userlandProxy: flag('userland-proxy', true),
    initPath: text('init-path', ''),
    seccompProfile: text('seccomp-profile', ''),
    logDriver: text('log-driver', 'json-file'),
    logOptions: Object.fromEntries(list('log-opt').map((entry) => splitPair(entry, 'log-opt'))),
    defaultUlimits: list('default-ulimit'),
    defaultShmSize: text('default-shm-size', '64M'),
    labels: list('label'),
    tlsVerify: flag('tlsverify', false),
    tlsCaCert: text('tlscacert', ''),
    tlsCert: text('tlscert', ''),
    tlsKey: text('tlskey', ''),
  };
}

function parseFlags(args: readonly string[]): Values {
  const values: Values = {};
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    const found = /^--?([\w-]+)(?:=(.*))?$/s.exec(argument);
    if (found === null) throw invalid(`unexpected argument: ${argument}`);
    const name = optionOfFlag(found[1] ?? '');
    let value = found[2];
    if (value === undefined && OPTIONS[name].kind !== 'boolean') {
      value = args[++index];
      if (value === undefined) throw invalid(`flag needs an argument: ${argument}`);
    }
    add(values, name, value ?? 'true');
  }
  return values;
}

function optionOfFlag(word: string): OptionName {
  for (const [name, option] of Object.entries(OPTIONS))
    if (name === word || option.short === word) return name as OptionName;
  throw invalid(`unknown flag: --${word}${hint(word, Object.keys(OPTIONS))}`);
}

function add(values: Values, name: OptionName, text: string): void {
  const { kind } = OPTIONS[name];
  if (kind === 'list') values[name] = [...((values[name] as string[]) ?? []), text];
  else if (kind === 'boolean') values[name] = parseBoolean(name, text);
  else if (kind === 'integer') values[name] = parseInteger(name, text);
  else values[name] = text;
}

function parseBoolean(name: string, text: string): boolean {
  if (['true', '1', 't'].includes(text.toLowerCase())) return true;
  if (['false', '0', 'f'].includes(text.toLowerCase())) return false;
  throw invalid(`invalid value "${text}" for --${name}: true or false`);
}

function parseInteger(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw invalid(`invalid value "${text}" for --${name}: a whole number`);
}

/** dockerd's daemon.json: the default file may be absent, a named one may not. */
function readConfigFile(path: string | undefined): Values {
  let text: string;
  try {
    text = readFileSync(path ?? '/etc/gantry/daemon.json', 'utf8');
  } catch (error) {
    if (path === undefined) return {};
    throw new EngineError('invalid-argument', `cannot read the config file ${path}`, {
      cause: error,
    });
  }
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw invalid(`the config file ${path} is not JSON: ${(error as Error).message}`);
  }
  const values: Values = {};
  for (const [key, value] of Object.entries(document)) addFromFile(values, key, value);
  return values;
}

function addFromFile(values: Values, key: string, value: unknown): void {
  if (key === 'proxies') {
    for (const [name, proxy] of Object.entries(value ?? {})) addFromFile(values, name, proxy);
    return;
  }
  const found = Object.entries(OPTIONS).find(([name, option]) => (option.fileKey ?? name) === key);
  if (found === undefined) {
    const known = Object.entries(OPTIONS).map(([name, option]) => option.fileKey ?? name);
    throw invalid(`unknown key in the config file: ${key}${hint(key, known)}`);
  }
  const [name, option] = found as [OptionName, (typeof OPTIONS)[OptionName]];
  if (Array.isArray(value)) values[name] = value.map(String);
  else if (typeof value === 'object' && value !== null && option.kind === 'list')
    values[name] = Object.entries(value).flatMap(([word, setting]) =>
      [setting].flat().map((one) => `${word}=${settingText(one)}`),
    );
  else add(values, name, String(value));
}

/** `{"path": "/usr/bin/x"}` of `runtimes`, `{"Hard": 1, "Soft": 1}` of `default-ulimits`, or a plain word. */
function settingText(setting: unknown): string {
  if (typeof setting !== 'object' || setting === null) return String(setting);
  const { path, Soft, Hard } = setting as { path?: string; Soft?: number; Hard?: number };
  return path ?? `${Soft}:${Hard}`;
}

/** `URL` is a mirror of Docker Hub, `REGISTRY=URL` of that registry. */
function mirrorsByDomain(entries: readonly string[]): Record<string, string[]> {
  const mirrors: Record<string, string[]> = {};
  for (const entry of entries) {
    const [, domain = 'docker.io', address = ''] = /^(?:([^=/]+)=)?(.*)$/.exec(entry) ?? [];
    const url = URL.parse(address);
    if (url === null || !/^https?:$/.test(url.protocol))
      throw invalid(`invalid mirror: "${entry}": http://host[:port] or https://host[:port]`);
    if (url.username !== '' || url.search !== '' || url.hash !== '')
      throw invalid(`invalid mirror: "${entry}" has more than a host and a path`);
    (mirrors[domain] ??= []).push(address);
  }
  return mirrors;
}

/** As programs know it: in either case. */
function variable(environment: NodeJS.ProcessEnv, name: string): string {
  return environment[name] || environment[name.toLowerCase()] || '';
}

function atLeastOne(name: string, value: number): number {
  if (value >= 1) return value;
  throw invalid(`invalid value "${value}" for --${name}: at least 1`);
}

function checkHost(host: string): string {
  if (/^(unix:\/\/\/.+|tcp:\/\/.+:\d+|fd:\/\/.*)$/.test(host)) {
    if (host.startsWith('fd://'))
      throw invalid('fd:// is not supported: name a unix:// or tcp:// host');
    return host;
  }
  throw invalid(`invalid host ${host}: unix:///path or tcp://address:port`);
}

function checkLogLevel(level: string): Config['logLevel'] {
  const levels = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
  const found = levels.find((name) => name === level);
  if (found === undefined) throw invalid(`invalid log level ${level}: one of ${levels.join(', ')}`);
  return found;
}

function splitPair(entry: string, option: string): [string, string] {
  const mark = entry.indexOf('=');
  if (mark <= 0) throw invalid(`invalid value "${entry}" for --${option}: name=value`);
  return [entry.slice(0, mark), entry.slice(mark + 1)];
}

function hint(word: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .toSorted((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= 3 ? ` (did you mean ${near.name}?)` : '';
}

/** Levenshtein distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
