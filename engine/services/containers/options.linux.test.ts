/** Create options and updates as the kernel sees them: read inside of real containers. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { updateBody } from '../../contract/containers.ts';
import { MNT, MS, mount, unmount } from '../../host/system-calls.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { ContainerFixture } from './testing/container-fixture.ts';

let fixture: ContainerFixture;
let folder: string;
beforeAll(async () => {
  fixture = await ContainerFixture.open();
  folder = mkdtempSync(join(tmpdir(), 'gantry-options-'));
});
afterAll(async () => {
  await fixture.close();
  rmSync(folder, { recursive: true, force: true });
});

type More = Parameters<ContainerFixture['create']>[1];

/** What the lines print, by name. */
async function shell(lines: Record<string, string>, more: More = {}) {
  const script = Object.entries(lines)
    .map(([name, line]) => `echo; echo "@${name}"; { ${line}; } 2>&1`)
    .join('\n');
  const { id } = await fixture.run(['sh', '-c', script], more);
  return sections(await fixture.logOf(id));
}

function sections(text: string): Record<string, string> {
  const parts = text.split(/^@(\w+)\n?/m).slice(1);
  const found: Record<string, string> = {};
  for (let at = 0; at < parts.length; at += 2)
    found[parts[at] ?? ''] = (parts[at + 1] ?? '').trimEnd();
  return found;
}

async function running(more: More = {}): Promise<string> {
  const id = await fixture.create(['sleep', '600'], more);
  await fixture.containers.start(id);
  return id;
}

/** A file of the container's cgroup, on the host. */
function cgroupFile(id: string, controller: string, file: string): string {
  const { mountpoints } = fixture.context.cgroups;
  const parent = fixture.context.settings.cgroupParent;
  return readFileSync(`${mountpoints.get(controller)}${parent}/${id}/${file}`, 'latin1').trim();
}

const isV1 = () => fixture.context.cgroups.version === 1;

describe('limits', () => {
  test('are all in the container’s cgroup', async ({ skip }) => {
    if (!isV1()) skip();
    const device = blockDevice();
    const id = await running({
      HostConfig: {
        Memory: 64 << 20,
        MemoryReservation: 32 << 20,
        MemorySwap: 96 << 20,
        OomKillDisable: true,
        CpuShares: 512,
        CpuPeriod: 50_000,
        CpuQuota: 25_000,
        CpusetCpus: '0',
        CpusetMems: '0',
        PidsLimit: 33,
        ...(device && {
          BlkioDeviceReadBps: [{ Path: device.path, Rate: 1 << 20 }],
          BlkioDeviceWriteIOps: [{ Path: device.path, Rate: 77 }],
        }),
      },
    });
    expect({
      limit: cgroupFile(id, 'memory', 'memory.limit_in_bytes'),
      soft: cgroupFile(id, 'memory', 'memory.soft_limit_in_bytes'),
      swap: cgroupFile(id, 'memory', 'memory.memsw.limit_in_bytes'),
      oom: cgroupFile(id, 'memory', 'memory.oom_control').split('\n')[0],
      shares: cgroupFile(id, 'cpu', 'cpu.shares'),
      period: cgroupFile(id, 'cpu', 'cpu.cfs_period_us'),
      quota: cgroupFile(id, 'cpu', 'cpu.cfs_quota_us'),
      cpus: cgroupFile(id, 'cpuset', 'cpuset.cpus'),
      mems: cgroupFile(id, 'cpuset', 'cpuset.mems'),
      pids: cgroupFile(id, 'pids', 'pids.max'),
    }).toEqual({
      limit: String(64 << 20),
      soft: String(32 << 20),
      swap: String(96 << 20),
      oom: 'oom_kill_disable 1',
      shares: '512',
      period: '50000',
      quota: '25000',
      cpus: '0',
      mems: '0',
      pids: '33',
    });
    if (device === undefined) return;
    const bps = cgroupFile(id, 'blkio', 'blkio.throttle.read_bps_device');
    expect(bps).toBe(`${device.numbers} ${1 << 20}`);
    const iops = cgroupFile(id, 'blkio', 'blkio.throttle.write_iops_device');
    expect(iops).toBe(`${device.numbers} 77`);
  });

  test('change by update on a container that runs, and only those named', async ({ skip }) => {
    if (!isV1()) skip();
    const id = await running({
      HostConfig: { Memory: 64 << 20, CpuShares: 512, PidsLimit: 33, CpuQuota: 50_000 },
    });
    const update = async (body: object) => {
      await fixture.containers.update(id, updateBody.parse(body));
    };
    const swap = 256 << 20;
    await update({ Memory: 128 << 20, MemorySwap: swap, MemoryReservation: 16 << 20 });
    await update({ CpusetCpus: '0', CpuShares: 256, RestartPolicy: { Name: '' } });
    await update({ PidsLimit: -1, CpuQuota: 20_000, CpuPeriod: 40_000 });
    expect({
      limit: cgroupFile(id, 'memory', 'memory.limit_in_bytes'),
      soft: cgroupFile(id, 'memory', 'memory.soft_limit_in_bytes'),
      swap: cgroupFile(id, 'memory', 'memory.memsw.limit_in_bytes'),
      shares: cgroupFile(id, 'cpu', 'cpu.shares'),
      quota: cgroupFile(id, 'cpu', 'cpu.cfs_quota_us'),
      period: cgroupFile(id, 'cpu', 'cpu.cfs_period_us'),
      cpus: cgroupFile(id, 'cpuset', 'cpuset.cpus'),
      pids: cgroupFile(id, 'pids', 'pids.max'),
    }).toEqual({
      limit: String(128 << 20),
      soft: String(16 << 20),
      swap: String(swap),
      shares: '256',
      quota: '20000',
      period: '40000',
      cpus: '0',
      pids: '4194304',
    });
    await update({ Memory: 32 << 20, RestartPolicy: { Name: 'always' } });
    expect(cgroupFile(id, 'memory', 'memory.limit_in_bytes')).toBe(String(32 << 20));
    expect(fixture.containers.find(id).hostConfig).toMatchObject({
      Memory: 32 << 20,
      MemorySwap: swap,
      PidsLimit: 0,
      CpuShares: 256,
      RestartPolicy: { Name: 'always' },
    });
    await update({ RestartPolicy: { Name: 'no' } });
  });

  test('are in a cgroup parent of one’s own, which stays as with Docker', async () => {
    const CgroupParent = `${fixture.context.settings.cgroupParent}-own`;
    const { inside } = await shell(
      { inside: 'cat /proc/self/cgroup' },
      { HostConfig: { CgroupParent } },
    );
    expect(inside).toContain(`${CgroupParent}/`);
    const runtime = fixture.context.runtimes.find('');
    await eventually('an empty parent', () => runtime.removeParent(CgroupParent));
  });

  test('of a process are what was asked for', async () => {
    const found = await shell(
      {
        limits: 'cat /proc/1/limits',
        score: 'cat /proc/1/oom_score_adj',
      },
      {
        HostConfig: {
          Ulimits: [
            { Name: 'nofile', Soft: 100, Hard: 200 },
            { Name: 'core', Soft: 0, Hard: 0 },
            { Name: 'nproc', Soft: 50, Hard: 60 },
          ],
          OomScoreAdj: 345,
        },
      },
    );
    expect(found['limits']).toMatch(/Max open files\s+100\s+200/);
    expect(found['limits']).toMatch(/Max core file size\s+0\s+0/);
    expect(found['limits']).toMatch(/Max processes\s+50\s+60/);
    expect(found['score']).toBe('345');
  });
});

/** A disk of this machine, as limits of devices need one. */
function blockDevice(): { path: string; numbers: string } | undefined {
  const name = readdirSync('/sys/block').find(
    (it) => existsSync(`/dev/${it}`) && !/^(loop|ram)/.test(it),
  );
  if (name === undefined) return undefined;
  const numbers = readFileSync(`/sys/block/${name}/dev`, 'latin1').trim();
  return { path: `/dev/${name}`, numbers };
}

describe('devices', () => {
  test('appear by name, by folder, and with the rights given', async () => {
    const nodes = join(folder, 'nodes');
    mkdirSync(join(nodes, 'deep'), { recursive: true });
    execFileSync('mknod', [join(nodes, 'first'), 'c', '1', '5']);
    execFileSync('mknod', [join(nodes, 'deep/second'), 'c', '1', '3']);
    const found = await shell(
      {
        read: 'head -c 1 /dev/readonly | wc -c',
        write: 'echo x > /dev/readonly',
        list: 'ls /dev/all /dev/all/deep',
        rule: 'head -c 1 /dev/all/first | wc -c',
      },
      {
        HostConfig: {
          Devices: [
            { PathOnHost: '/dev/urandom', PathInContainer: '/dev/readonly' },
            { PathOnHost: nodes, PathInContainer: '/dev/all', CgroupPermissions: 'r' },
          ],
          DeviceCgroupRules: ['c 10:* rwm'],
        },
      },
    );
    expect(found).toMatchObject({
      read: '1',
      list: '/dev/all:\ndeep\nfirst\n\n/dev/all/deep:\nsecond',
      rule: '1',
    });
  });

  test('that are missing or none fail the start with the reason', async () => {
    const start = async (PathOnHost: string) => {
      const id = await fixture.create(['true'], {
        HostConfig: { Devices: [{ PathOnHost, PathInContainer: '/dev/x' }] },
      });
      await fixture.containers.start(id);
    };
    await expect(start('/dev/nosuch')).rejects.toThrow(
      'error gathering device information while adding custom device "/dev/nosuch": no such file or directory',
    );
    await expect(start('/etc/hostname')).rejects.toThrow('not a device node');
  });

  test('are all there, and all open, in a privileged container', async () => {
    const found = await shell(
      {
        devices: 'ls /dev/null /dev/full',
        masked: 'head -c 1 /proc/keys > /dev/null && echo open',
        sysfs: 'mount | grep " /sys " | grep -c "(rw"',
        seccomp: "grep '^Seccomp:' /proc/1/status",
      },
      { HostConfig: { Privileged: true, MaskedPaths: ['/proc/keys'] } },
    );
    expect(found).toEqual({
      devices: '/dev/full\n/dev/null',
      masked: 'open',
      sysfs: '1',
      seccomp: 'Seccomp:\t0',
    });
  });
});

describe('security', () => {
  test('follows a seccomp profile sent as text', async () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
    };
    const { made, mode } = await shell(
      { made: 'mkdir /tmp/x', mode: "grep '^Seccomp:' /proc/1/status" },
      { HostConfig: { SecurityOpt: [`seccomp=${JSON.stringify(profile)}`] } },
    );
    expect(made).toContain('Operation not permitted');
    expect(mode).toBe('Seccomp:\t2');
  });

  test('lets masked paths and read-only ones be chosen', async () => {
    const found = await shell(
      {
        open: 'wc -c < /proc/interrupts | grep -vc "^0$"',
        hidden: 'ls /data',
        fixed: 'echo x > /root/x',
      },
      { HostConfig: { MaskedPaths: ['/data'], ReadonlyPaths: ['/root'] } },
    );
    expect(found).toMatchObject({ open: '1', hidden: '' });
    expect(found['fixed']).toContain('Read-only file system');
  });

  test('makes the files of the engine read-only with the rootfs', async () => {
    const { hosts } = await shell(
      { hosts: 'echo 1.2.3.4 x >> /etc/hosts' },
      { HostConfig: { ReadonlyRootfs: true } },
    );
    expect(hosts).toContain('Read-only file system');
  });

  test('adds groups by name and number', async () => {
    const { id } = await shell(
      { id: 'id' },
      { User: '1000', HostConfig: { GroupAdd: ['extra', '777'] } },
    );
    expect(id).toBe('uid=1000(user) gid=1000(user) groups=50(extra),777,1000(user)');
  });
});

describe('kernel settings', () => {
  test('are the container’s own', async () => {
    const found = await shell(
      {
        msgmax: 'cat /proc/sys/kernel/msgmax',
        forward: 'cat /proc/sys/net/ipv4/ip_forward',
        domain: 'cat /proc/sys/kernel/domainname',
      },
      {
        Domainname: 'example.org',
        HostConfig: { Sysctls: { 'kernel.msgmax': '65536', 'net.ipv4.ip_forward': '1' } },
      },
    );
    expect(found).toEqual({ msgmax: '65536', forward: '1', domain: 'example.org' });
  });
});

describe('namespaces', () => {
  const KINDS = ['pid', 'ipc', 'uts', 'cgroup'] as const;
  const read = Object.fromEntries(KINDS.map((kind) => [kind, `readlink /proc/1/ns/${kind}`]));

  test('are the host’s where asked for', async () => {
    const own = Object.fromEntries(
      KINDS.map((kind) => [
        kind,
        execFileSync('readlink', [`/proc/self/ns/${kind}`])
          .toString()
          .trim(),
      ]),
    );
    const modes = { PidMode: 'host', IpcMode: 'host', UTSMode: 'host', CgroupnsMode: 'host' };
    const self = Object.fromEntries(KINDS.map((kind) => [kind, `readlink /proc/self/ns/${kind}`]));
    expect(await shell(self, { HostConfig: { ...modes, UsernsMode: 'host' } })).toEqual(own);
    const mine = await shell(read, { HostConfig: { CgroupnsMode: 'private' } });
    for (const kind of KINDS) expect(mine[kind]).not.toBe(own[kind]);
  });

  test('are shared with another container that runs, /dev/shm included', async () => {
    const donor = await running({
      name: 'donor',
      HostConfig: { IpcMode: 'shareable', ShmSize: 2 << 20 },
    });
    const modes = { PidMode: 'container:donor', IpcMode: 'container:donor', Init: true };
    const found = await shell(
      {
        ...{ pid: 'readlink /proc/self/ns/pid', ipc: 'readlink /proc/self/ns/ipc' },
        write: 'echo shared > /dev/shm/note',
        size: 'mount | grep " /dev/shm " | grep -c size=2048k',
        first: 'tr "\\0" " " < /proc/1/cmdline',
      },
      { HostConfig: modes },
    );
    const { pid } = fixture.containers.find(donor);
    const of = (kind: string) =>
      execFileSync('readlink', [`/proc/${pid}/ns/${kind}`])
        .toString()
        .trim();
    expect(found).toEqual({
      ...{ pid: of('pid'), ipc: of('ipc'), write: '', size: '1', first: 'sleep 600' },
    });
    const note = join(fixture.context.files.shmOf(donor), 'note');
    expect(readFileSync(note, 'utf8')).toBe('shared\n');
    await fixture.containers.remove(donor, { force: true, removeVolumes: true });
    expect(existsSync(note)).toBe(false);
    await expect(
      fixture.create(['true'], { HostConfig: { PidMode: 'container:donor' } }),
    ).rejects.toMatchObject({ code: 'invalid-argument', message: 'No such container: donor' });
  });

  test('of a container that does not run, or does not share, are refused', async () => {
    const still = await fixture.create(['true'], { name: 'still' });
    const starting = async (HostConfig: object) =>
      fixture.containers.start(await fixture.create(['true'], { HostConfig }));
    await expect(starting({ PidMode: 'container:still' })).rejects.toMatchObject({
      code: 'conflict',
      message: `failed to join PID namespace: container ${still} is not running`,
    });
    await expect(starting({ NetworkMode: 'container:still' })).rejects.toThrow(
      `cannot join network of a non running container: ${still}`,
    );
    const own = await running({ HostConfig: { IpcMode: 'private' } });
    await expect(starting({ IpcMode: `container:${own}` })).rejects.toThrow(
      `container ${own}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    );
  });

  test('of IPC mode none have no /dev/shm', async () => {
    const { shm } = await shell({ shm: 'ls /dev/shm' }, { HostConfig: { IpcMode: 'none' } });
    expect(shm).toContain('No such file or directory');
  });
});

describe('mounts', () => {
  const mounted: string[] = [];
  const mountTmpfs = (path: string, flags = 0) => {
    mkdirSync(path, { recursive: true });
    mount({ source: 'tmpfs', target: path, type: 'tmpfs' });
    mounted.push(path);
    mount({ source: '', target: path, flags: flags || MS.PRIVATE });
    return path;
  };
  afterEach(() => {
    for (const path of mounted.splice(0).toReversed()) unmount(path, MNT.DETACH);
  });

  test('reach below their source read-only, or not, as asked', async () => {
    const source = mountTmpfs(join(folder, 'outer'));
    mountTmpfs(join(source, 'inner'));
    const bind = (Target: string, BindOptions: object, ReadOnly = true) => ({
      ...{ Type: 'bind', Source: source, Target, ReadOnly, BindOptions },
    });
    const found = await shell(
      {
        deep: 'echo x > /deep/inner/x',
        shallow: 'echo x > /shallow/inner/x && echo written',
        top: 'echo x > /shallow/x',
        alone: 'ls /alone/inner',
        old: 'echo x > /old/inner/y',
      },
      {
        HostConfig: {
          Binds: [`${source}:/old:ro`],
          Mounts: [
            bind('/deep', { ReadOnlyForceRecursive: true }),
            bind('/shallow', { ReadOnlyNonRecursive: true }),
            bind('/alone', { NonRecursive: true }, false),
          ],
        },
      },
    );
    expect(found['deep']).toContain('Read-only file system');
    expect(found['old']).toContain('Read-only file system');
    expect(found['top']).toContain('Read-only file system');
    expect(found).toMatchObject({ shallow: 'written', alone: '' });
  });

  test('pass on what is mounted below them, where the source does', async () => {
    const source = mountTmpfs(join(folder, 'shared'), MS.SHARED);
    const refused = await fixture.create(['true'], {
      HostConfig: { Binds: [`${mountTmpfs(join(folder, 'lonely'))}:/in:rshared`] },
    });
    await expect(fixture.containers.start(refused)).rejects.toThrow(
      `path ${join(folder, 'lonely')} is mounted on ${join(folder, 'lonely')} but it is not a shared mount`,
    );
    const { info } = await shell(
      { info: 'grep " /in " /proc/self/mountinfo' },
      { HostConfig: { Binds: [`${source}:/in:rslave`] } },
    );
    expect(info).toMatch(/ master:\d+/);
  });

  test('of tmpfs have their options', async () => {
    const found = await shell(
      { mounts: 'mount | grep -E " /(a|b) "', mode: 'stat -c %a /b' },
      {
        HostConfig: {
          Tmpfs: { '/a': 'exec,size=2m' },
          Mounts: [
            { Type: 'tmpfs', Target: '/b', TmpfsOptions: { SizeBytes: 1 << 20, Mode: 0o700 } },
          ],
        },
      },
    );
    expect(found['mounts']).toMatch(/ on \/a .*size=2048k/);
    expect(found['mounts']).not.toMatch(/ on \/a .*noexec/);
    expect(found['mounts']).toMatch(/ on \/b .*noexec.*size=1024k/);
    expect(found['mode']).toBe('700');
  });

  test('of another container come in order, and no less read-only', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    for (const path of [one, two]) mkdirSync(path);
    writeFileSync(join(one, 'file'), '1');
    writeFileSync(join(two, 'file'), '2');
    await fixture.create(['true'], {
      name: 'first',
      HostConfig: { Binds: [`${one}:/x:ro`, `${one}:/y`] },
    });
    await fixture.create(['true'], { name: 'second', HostConfig: { Binds: [`${two}:/y`] } });
    const found = await shell(
      { y: 'cat /y/file', fixed: 'echo x > /x/new', also: 'echo x > /y/new' },
      { HostConfig: { VolumesFrom: ['first', 'second:ro'] } },
    );
    expect(found['y']).toBe('2');
    expect(found['fixed']).toContain('Read-only file system');
    expect(found['also']).toContain('Read-only file system');
  });

  test('of a path in a volume do not follow a link out of it', async () => {
    const { mountpoint } = fixture.context.volumes.ensure({ name: 'partly' });
    mkdirSync(join(mountpoint, 'real/deep'), { recursive: true });
    writeFileSync(join(mountpoint, 'real/deep/file'), 'inside');
    const secret = join(folder, 'secret');
    mkdirSync(secret);
    writeFileSync(join(secret, 'file'), 'outside');
    symlinkSync('/real', join(mountpoint, 'link'));
    symlinkSync(secret, join(mountpoint, 'escape'));
    const part = (Subpath: string) => ({
      HostConfig: {
        Mounts: [{ Type: 'volume', Source: 'partly', Target: '/in', VolumeOptions: { Subpath } }],
      },
    });
    expect(await shell({ file: 'cat /in/file' }, part('link/deep'))).toEqual({ file: 'inside' });
    expect(await shell({ file: 'cat /in' }, part('real/deep/file'))).toEqual({ file: 'inside' });
    for (const path of ['escape', 'nosuch']) {
      const id = await fixture.create(['true'], part(path));
      await expect(fixture.containers.start(id)).rejects.toThrow(
        `cannot access path ${join(mountpoint, path)}: no such file or directory`,
      );
    }
    // Swapped between two starts, as another container with the volume may do at any time.
    const id = await fixture.create(['cat', '/in/file'], part('swapped'));
    mkdirSync(join(mountpoint, 'swapped'));
    rmSync(join(mountpoint, 'swapped'), { recursive: true });
    symlinkSync(`../../../../../../../../../..${secret}`, join(mountpoint, 'swapped'));
    await expect(fixture.containers.start(id)).rejects.toThrow('cannot access path');
  });

  test('of a volume with options are there while a container runs, and then not', async () => {
    const { volumes } = fixture.context;
    const source = join(folder, 'source');
    mkdirSync(source);
    writeFileSync(join(source, 'file'), 'from the device');
    volumes.ensure({
      name: 'bound',
      driverOpts: { type: 'none', device: source, o: 'bind' },
    });
    const memory = volumes.ensure({
      name: 'memory',
      driverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,mode=711' },
    });
    const HostConfig = { Binds: ['bound:/bound', 'memory:/memory'] };
    const found = await shell(
      { file: 'cat /bound/file', memory: 'mount | grep " /memory "' },
      { HostConfig },
    );
    expect(found['file']).toBe('from the device');
    expect(found['memory']).toMatch(/size=1024k,mode=711/);
    await fixture.settled();
    const isThere = () => readFileSync('/proc/self/mountinfo', 'utf8').includes(memory.mountpoint);
    expect(isThere()).toBe(false);

    const [first, second] = [await running({ HostConfig }), await running({ HostConfig })];
    await fixture.containers.remove(first, { force: true, removeVolumes: true });
    expect(isThere()).toBe(true);
    await fixture.containers.remove(second, { force: true, removeVolumes: true });
    expect(isThere()).toBe(false);
    // What is at the device is not the volume's to delete.
    for (const { id, definition } of fixture.context.store.all())
      if (definition.mounts.some(({ volumeName }) => volumeName === 'bound'))
        await fixture.containers.remove(id, { force: true, removeVolumes: true });
    await volumes.remove('bound');
    expect(readFileSync(join(source, 'file'), 'utf8')).toBe('from the device');
  });

  test('of a device that is not there fail the start and leave nothing', async () => {
    fixture.context.volumes.ensure({
      name: 'broken',
      driverOpts: { type: 'none', device: join(folder, 'nothing'), o: 'bind' },
    });
    await expect(
      fixture.create(['true'], { HostConfig: { Binds: ['broken:/x'] } }),
    ).rejects.toThrow(/failed to mount local volume: mount .*nothing/);
    expect(fixture.context.store.all().some(({ name }) => name === 'x')).toBe(false);
  });

  test('make a missing folder only where asked', async () => {
    const Source = join(folder, 'to/be/made');
    const Mounts = [
      { Type: 'bind', Source, Target: '/in', BindOptions: { CreateMountpoint: true } },
    ];
    await shell({ ok: 'ls /in' }, { HostConfig: { Mounts } });
    expect(statSync(Source).isDirectory()).toBe(true);
  });
});
