/** What containers are made with in the test that compares `inspect` and lists with dockerd's. */

export interface InspectCase {
  readonly name: string;
  /** Of `POST /containers/create`; the image is always busybox. */
  readonly body: Readonly<Record<string, unknown>>;
  /** How far it has come when it is looked at. */
  readonly stage: 'created' | 'running' | 'exited';
}

const SLEEP = ['sleep', '600'];

export const INSPECT_CASES: readonly InspectCase[] = [
  { name: 'nothing', stage: 'created', body: {} },
  { name: 'running', stage: 'running', body: { Cmd: SLEEP } },
  { name: 'exited', stage: 'exited', body: { Cmd: ['sh', '-c', 'exit 3'], Labels: { a: 'b' } } },
  {
    name: 'config',
    stage: 'created',
    body: {
      Hostname: 'host-a',
      Domainname: 'example.org',
      User: 'nobody:staff',
      WorkingDir: '/srv',
      Env: ['A=1', 'EMPTY=', 'BARE'],
      Labels: { tier: 'front', empty: '' },
      Entrypoint: ['echo'],
      Cmd: ['a b', 'c'],
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      StopSignal: 'SIGINT',
      StopTimeout: 7,
      Tty: true,
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    },
  },
  {
    name: 'health',
    stage: 'created',
    body: { Healthcheck: { Test: ['CMD', 'true'], Interval: 5e9, Retries: 2 } },
  },
  {
    name: 'ports',
    stage: 'running',
    body: {
      Cmd: SLEEP,
      ExposedPorts: { '80/tcp': {}, '81/tcp': {}, '53/udp': {} },
      HostConfig: {
        PortBindings: {
          '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '18080' }],
          '53/udp': [{ HostPort: '15353' }],
        },
      },
    },
  },
  {
    name: 'mounts',
    stage: 'created',
    body: {
      Volumes: { '/anonymous': {} },
      HostConfig: {
        Binds: ['/etc:/host-etc:ro', 'named:/named', '/tmp:/shared:rshared'],
        Tmpfs: { '/scratch': 'size=64k' },
        Mounts: [
          { Type: 'volume', Source: 'second', Target: '/second', ReadOnly: true },
          { Type: 'tmpfs', Target: '/quick', TmpfsOptions: { SizeBytes: 65536, Mode: 448 } },
          { Type: 'bind', Source: '/usr', Target: '/host-usr', ReadOnly: true },
        ],
      },
    },
  },
  {
    name: 'limits',
    stage: 'created',
    body: {
      HostConfig: {
        Memory: 64 << 20,
        MemoryReservation: 32 << 20,
        NanoCpus: 500_000_000,
        CpuShares: 512,
        CpusetCpus: '0',
        PidsLimit: 100,
        OomScoreAdj: 100,
        Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
        ShmSize: 32 << 20,
      },
    },
  },
  {
    name: 'confined',
    stage: 'created',
    body: {
      HostConfig: {
        CapAdd: ['NET_ADMIN'],
        CapDrop: ['MKNOD', 'CHOWN'],
        SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'],
        ReadonlyRootfs: true,
        GroupAdd: ['50'],
        Sysctls: { 'net.ipv4.ip_forward': '0' },
      },
    },
  },
  { name: 'privileged', stage: 'created', body: { HostConfig: { Privileged: true } } },
  {
    name: 'namespaces',
    stage: 'running',
    body: {
      Cmd: SLEEP,
      HostConfig: { NetworkMode: 'host', PidMode: 'host', UTSMode: 'host' },
    },
  },
  { name: 'alone', stage: 'running', body: { Cmd: SLEEP, HostConfig: { NetworkMode: 'none' } } },
  {
    name: 'guest',
    stage: 'running',
    body: { Cmd: SLEEP, HostConfig: { NetworkMode: 'container:running' } },
  },
  {
    name: 'policies',
    stage: 'created',
    body: {
      HostConfig: {
        RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
        Dns: ['1.1.1.1'],
        DnsSearch: ['example.org'],
        DnsOptions: ['ndots:2'],
        ExtraHosts: ['db:10.0.0.1'],
        Init: true,
        Devices: [
          { PathOnHost: '/dev/null', PathInContainer: '/dev/nothing', CgroupPermissions: 'rwm' },
        ],
      },
    },
  },
];
