/**
 * The three files a container gets from its engine: /etc/hosts, /etc/hostname, /etc/resolv.conf.
 * Pure: texts in, text out. Contents are those of Docker, since images and tools parse them.
 * Sources: hosts(5), hostname(5), resolv.conf(5); moby `libnetwork/etchosts` and
 * `libnetwork/internal/resolvconf` for which lines there are and in which order.
 */
import { EngineError } from '../contract/errors.ts';
import { ipVersionOf, isLoopback } from './ip-address.ts';

const LOCAL_HOSTS = ['127.0.0.1\tlocalhost'];
const LOCAL_HOSTS_IPV6 = [
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];

export interface HostsFile {
  /** The file of the host to begin with, for `--network host`; else the local lines. */
  readonly base?: string;
  readonly hostname: string;
  readonly domainname?: string;
  /** The container's own address; none on `none` and `host`. */
  readonly ipv4Address?: string;
  /** `name:address` or `name=address`; the address may be `host-gateway`. */
  readonly extraHosts?: readonly string[];
  /** What `host-gateway` stands for: the bridge's own address. */
  readonly hostGateway?: string;
  /** Of containers this one is linked to. */
  readonly links?: readonly HostEntry[];
}

/** A line of the file. */
export interface HostEntry {
  readonly address: string;
  readonly names: readonly string[];
}

/** Local lines, `--add-host`, links, and the container's own `address name.domain name`. */
export function hostsFile(file: HostsFile): string {
  const lines =
    file.base === undefined
      ? [...LOCAL_HOSTS, ...LOCAL_HOSTS_IPV6]
      : file.base.replace(/\n$/, '').split('\n');
  for (const extra of file.extraHosts ?? []) {
    const { name, address } = parseExtraHost(extra);
    lines.push(`${address === 'host-gateway' ? gatewayOf(file) : address}\t${name}`);
  }
  for (const { address, names } of file.links ?? []) lines.push(`${address}\t${names.join(' ')}`);
  if (file.ipv4Address !== undefined) lines.push(`${file.ipv4Address}\t${ownNames(file)}`);
  return `${lines.join('\n')}\n`;
}

/** The text with another address in every line whose first name is `name`. */
export function replaceHostAddress(text: string, name: string, address: string): string {
  return text
    .split('\n')
    .map((line) => {
      const [names = ''] = line.split('\t').slice(1);
      return names.split(' ', 1)[0] === name ? `${address}\t${names}` : line;
    })
    .join('\n');
}

function gatewayOf(file: HostsFile): string {
  if (file.hostGateway) return file.hostGateway;
  throw new EngineError('invalid-argument', 'unable to derive the IP value for host-gateway');
}

/** The full name first and then the short one, whichever of the two options carried the domain. */
function ownNames(file: HostsFile): string {
  const full = file.domainname ? `${file.hostname}.${file.domainname}` : file.hostname;
  const [short = full] = full.split('.', 1);
  return short === full ? full : `${full} ${short}`;
}

/**
 * `db:10.0.0.1`, `db=::1`, `db:[::1]`, `db:host-gateway`. Throws `invalid-argument` with the texts
 * of the docker CLI, which checks the same way.
 */
export function parseExtraHost(text: string): { name: string; address: string } {
  const match = /^([^:=]+)[:=](.*)$/.exec(text);
  if (!match) throw new EngineError('invalid-argument', `bad format for add-host: "${text}"`);
  const name = match[1] as string;
  const address = (match[2] as string).replace(/^\[(.*)\]$/, '$1');
  if (address !== 'host-gateway' && ipVersionOf(address) === undefined)
    throw new EngineError('invalid-argument', `invalid IP address in add-host: "${address}"`);
  return { name, address };
}

/** The short line of /etc/hostname. */
export function hostnameFile(hostname: string): string {
  return `${hostname}\n`;
}

/** Where the host's resolver file is; the second instead of the first when `usesLocalStub` says so. */
export const RESOLV_CONF = '/etc/resolv.conf';
export const RESOLV_CONF_BEHIND_STUB = '/run/systemd/resolve/resolv.conf';

/** Used when the host names no server that a container could reach. As Docker does. */
const FALLBACK_NAMESERVERS = ['8.8.8.8', '8.8.4.4'];

export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Reads what containers inherit; `domain` counts as a search list of one, the last of the two wins. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  const options: string[] = [];
  let search: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword = '', ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && values[0]) nameservers.push(values[0]);
    else if (keyword === 'search' || keyword === 'domain') search = values;
    else if (keyword === 'options') options.push(...values);
  }
  return { nameservers, search, options };
}

/** True when the file names only systemd-resolved's stub, which no container can reach. */
export function usesLocalStub(text: string): boolean {
  const { nameservers } = parseResolvConf(text);
  return nameservers.length === 1 && nameservers[0] === '127.0.0.53';
}

export interface ResolvConfFile {
  /** The host's file, as `RESOLV_CONF` says. */
  readonly host: string;
  /** `--dns`, `--dns-search`, `--dns-option`: each, when given, replaces what the host has. */
  readonly dns?: readonly string[];
  /** A lone `.` means no search list at all. */
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  /** The container has the host's own network: loopback and IPv6 servers stay. */
  readonly hostNetwork?: boolean;
}

/** Throws `invalid-argument` for a `--dns` that is no address. */
export function resolvConfFile(file: ResolvConfFile): string {
  const host = parseResolvConf(file.host);
  const search = pick(file.dnsSearch, host.search).filter((domain) => domain !== '.');
  const options = pick(file.dnsOptions, host.options);
  return [
    ...nameserversOf(file, host).map((address) => `nameserver ${address}\n`),
    search.length > 0 ? `search ${search.join(' ')}\n` : '',
    options.length > 0 ? `options ${options.join(' ')}\n` : '',
  ].join('');
}

function pick(given: readonly string[] | undefined, inherited: readonly string[]) {
  return given && given.length > 0 ? given : inherited;
}

function nameserversOf(file: ResolvConfFile, host: ResolvConf): readonly string[] {
  if (file.dns && file.dns.length > 0) {
    const wrong = file.dns.find((address) => ipVersionOf(address) === undefined);
    if (wrong === undefined) return file.dns;
    throw new EngineError('invalid-argument', `invalid nameserver address: ${wrong}`);
  }
  if (file.hostNetwork) return host.nameservers;
  // The bridge is IPv4 only, so a container can reach neither the host's loopback nor an IPv6 server.
  const reachable = host.nameservers.filter(
    (address) => ipVersionOf(address) === 4 && !isLoopback(address),
  );
  return reachable.length > 0 ? reachable : FALLBACK_NAMESERVERS;
}
