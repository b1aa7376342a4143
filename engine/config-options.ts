/**
 * The options of gantryd as a table: name of the flag, kind of value, short form, and the config
 * file's key where it differs. Names are dockerd's. Pure.
 */

interface Option {
  readonly kind: 'text' | 'list' | 'boolean' | 'integer';
  readonly short?: string;
  readonly fileKey?: string;
  readonly help: string;
}

export type OptionValue = string | string[] | boolean | number;

const TABLE = {
  'add-runtime': { kind: 'list', fileKey: 'runtimes', help: 'Register a runtime: name=path' },
  bip: { kind: 'text', help: "The bridge's address and subnet, 10.9.0.1/16" },
  bridge: { kind: 'text', short: 'b', help: 'Name of the default bridge' },
  check: {
    kind: 'boolean',
    help: 'Verify all images of an engine that is stopped, say what is wrong, and end',
  },
  'config-file': { kind: 'text', help: 'Path of the config file (/etc/gantry/daemon.json)' },
  'data-root': {
    kind: 'text',
    help: 'Where images, containers and volumes are kept (/var/lib/gantry)',
  },
  debug: { kind: 'boolean', short: 'D', help: 'Log everything' },
  'default-runtime': { kind: 'text', help: 'Runtime for containers that name none' },
  'default-shm-size': { kind: 'text', help: 'Size of /dev/shm (64M)' },
  'default-ulimit': {
    kind: 'list',
    fileKey: 'default-ulimits',
    help: 'Ulimit for containers: name=soft:hard',
  },
  dns: { kind: 'list', help: 'DNS server for containers' },
  'dns-opt': { kind: 'list', fileKey: 'dns-opts', help: 'Resolver option for containers' },
  'dns-search': { kind: 'list', help: 'Search domain for containers' },
  'exec-root': { kind: 'text', help: 'Where run state is kept (/run/gantry)' },
  group: { kind: 'text', short: 'G', help: 'Group that may use the socket (gantry)' },
  host: {
    kind: 'list',
    short: 'H',
    fileKey: 'hosts',
    help: 'Where to listen: unix:///path or tcp://address:port',
  },
  'http-proxy': { kind: 'text', help: 'Proxy for registries without TLS: http://host:port' },
  'https-proxy': { kind: 'text', help: 'Proxy for registries with TLS: http://host:port' },
  'init-path': { kind: 'text', help: 'Program that --init runs as pid 1' },
  'insecure-registry': {
    kind: 'list',
    fileKey: 'insecure-registries',
    help: 'Registry to reach over plain HTTP',
  },
  label: { kind: 'list', fileKey: 'labels', help: 'Label of the engine: key=value' },
  'live-restore': { kind: 'boolean', help: 'Always on: containers outlive the engine' },
  'log-driver': { kind: 'text', help: 'Default log driver (json-file)' },
  'log-level': { kind: 'text', short: 'l', help: 'debug, info, warn, error or fatal' },
  'log-opt': { kind: 'list', fileKey: 'log-opts', help: 'Default log option: name=value' },
  'max-concurrent-downloads': {
    kind: 'integer',
    help: 'Layers downloaded at a time in one pull (3)',
  },
  'max-concurrent-uploads': { kind: 'integer', help: 'Layers uploaded at a time (5)' },
  mtu: { kind: 'integer', help: 'MTU of container networks (1500)' },
  'no-proxy': { kind: 'text', help: 'Hosts to reach without a proxy: a.example,10.0.0.0/8' },
  pidfile: { kind: 'text', short: 'p', help: 'Path of the pid file' },
  'registry-certs': {
    kind: 'text',
    help: 'Folder of HOST[:PORT]/*.crt, *.cert and *.key (/etc/docker/certs.d)',
  },
  'registry-mirror': {
    kind: 'list',
    fileKey: 'registry-mirrors',
    help: 'Mirror asked before docker.io: URL, or REGISTRY=URL for another one',
  },
  'seccomp-profile': { kind: 'text', help: 'Seccomp profile for containers that name none' },
  'storage-driver': { kind: 'text', short: 's', help: 'overlay2 is the only one' },
  tlscacert: { kind: 'text', help: 'CA that client certificates must be signed by' },
  tlscert: { kind: 'text', help: "The engine's certificate" },
  tlskey: { kind: 'text', help: "The engine's key" },
  tlsverify: { kind: 'boolean', help: 'Ask TCP clients for a certificate' },
  'userland-proxy': {
    kind: 'boolean',
    help: 'Accepted for compatibility: ports are forwarded by the kernel',
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof TABLE;
export const OPTIONS: Readonly<Record<OptionName, Option>> = TABLE;
