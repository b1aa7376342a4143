/** What a real container sees and may do, and what it is kept from. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { reservePort } from '../../host/sockets.ts';
import { ContainerFixture } from './testing/container-fixture.ts';

let fixture: ContainerFixture;
let folder: string;
beforeAll(async () => {
  fixture = await ContainerFixture.open();
  folder = mkdtempSync(join(tmpdir(), 'gantry-binds-'));
});
afterAll(async () => {
  await fixture.close();
  rmSync(folder, { recursive: true, force: true });
});

type More = Parameters<ContainerFixture['create']>[1];

/** What a shell line prints. */
async function shell(line: string, more: More = {}): Promise<string> {
  const { id, exitCode } = await fixture.run(['sh', '-c', `{ ${line}; } 2>&1`], more);
  const log = await fixture.logOf(id);
  return exitCode === 0 ? log : `${log} (exit ${exitCode})`;
}

describe('privileges', () => {
  test('are the fourteen capabilities, a seccomp filter, and no more', async () => {
    const status = await shell(
      "cat /proc/1/status | grep -E '^(CapEff|CapBnd|Seccomp|NoNewPrivs):'",
    );
    expect(status).toContain('CapEff:\t00000000a80425fb');
    expect(status).toContain('CapBnd:\t00000000a80425fb');
    expect(status).toContain('Seccomp:\t2');
    expect(status).toContain('NoNewPrivs:\t0');
  });

  test('are changed by --cap-add, --cap-drop and --security-opt', async () => {
    const dropped = await shell('grep CapEff /proc/1/status', {
      HostConfig: { CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'] },
    });
    expect(dropped).toContain('CapEff:\t0000000000001000');
    const opened = await shell("grep -E '^(Seccomp|NoNewPrivs):' /proc/1/status", {
      HostConfig: { SecurityOpt: ['seccomp=unconfined', 'no-new-privileges'] },
    });
    expect(opened).toContain('Seccomp:\t0');
    expect(opened).toContain('NoNewPrivs:\t1');
    await expect(fixture.create(['true'], { HostConfig: { CapAdd: ['NOSUCH'] } })).rejects.toThrow(
      'unknown capability: "CAP_NOSUCH"',
    );
  });

  test('are the engine’s own in a privileged container', async () => {
    const own = /^CapBnd:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    const status = await shell('grep CapEff /proc/1/status; mount | grep " /sys "', {
      HostConfig: { Privileged: true },
    });
    expect(status).toContain(`CapEff:\t${own}`);
    expect(status).toContain('(rw');
  });

  test('do not reach masked and read-only paths', async () => {
    expect(await shell('wc -c < /proc/interrupts')).toBe('0');
    expect(await shell('echo 1 > /proc/sys/kernel/hostname')).toContain('Read-only file system');
  });

  test('lower ulimits to the engine’s own and raise a negative OOM score, with a warning', async () => {
    const hard = fixture.context.settings.hardLimits['nofile'];
    if (hard === undefined) return; // an engine with CAP_SYS_RESOURCE may do both
    const line = 'grep "open files" /proc/1/limits; cat /proc/1/oom_score_adj';
    const HostConfig = {
      Ulimits: [{ Name: 'nofile', Soft: 64, Hard: hard * 2 }],
      OomScoreAdj: -500,
    };
    const limits = await shell(line, { HostConfig });
    expect(limits).toMatch(new RegExp(`^Max open files\\s+64\\s+${hard}\\s.*\\n0$`));
    expect(fixture.createWarnings.join('\n')).toMatch(/ulimit nofile=.* lowered to/);
    expect(fixture.createWarnings.join('\n')).toMatch(/OOM score -500 is raised to 0/);
  });
});

describe('users', () => {
  test.each([
    { user: '', text: 'uid=0(root) gid=0(root) groups=0(root)' },
    { user: 'user', text: 'uid=1000(user) gid=1000(user) groups=50(extra),1000(user)' },
    { user: '1000', text: 'uid=1000(user) gid=1000(user) groups=50(extra),1000(user)' },
    { user: '77:88', text: 'uid=77 gid=88 groups=88' },
    { user: 'user:extra', text: 'uid=1000(user) gid=50(extra) groups=50(extra)' },
  ])('"$user" is $text', async ({ user, text }) => {
    expect(await shell('id', { User: user })).toBe(text);
  });

  test('that the image does not know are refused', async () => {
    const id = await fixture.create(['true'], { User: 'nobody-here' });
    await expect(fixture.containers.start(id)).rejects.toThrow(
      'unable to find user nobody-here: no matching entries in passwd file',
    );
  });
});

describe('surroundings', () => {
  test('are the environment in Docker’s order, the names, and a working directory that is made', async () => {
    const line = 'pwd; hostname; cat /etc/hostname; tr "\\0" "\\n" < /proc/1/environ';
    const found = await shell(line, {
      Hostname: 'box',
      Env: ['A=1', 'B='],
      WorkingDir: '/made/here',
    });
    expect(found.split('\n')).toEqual([
      ...['/made/here', 'box', 'box', 'PATH=/bin', 'HOSTNAME=box', 'A=1', 'B=', 'FROM_IMAGE=1'],
      'HOME=/root',
    ]);
  });

  test('hold no descriptor of a reserved port: the monitor does, to the end', async () => {
    const port = reservePort('tcp', '127.0.0.1', 0);
    const inode = readlinkSync(`/proc/self/fd/${port}`);
    fixture.network.reservedSockets = [port ?? -1];
    const id = await fixture.create(['sh', '-c', 'ls -l /proc/1/fd; echo ready; sleep 60']);
    await fixture.containers.start(id);
    fixture.network.reservedSockets = [];
    await eventually('it has printed', async () => (await fixture.logOf(id)).includes('ready'));
    expect(await fixture.logOf(id)).not.toContain('socket:');
    const holders = (pid: number) =>
      readdirSync(`/proc/${pid}/fd`).map((fd) => {
        try {
          return readlinkSync(`/proc/${pid}/fd/${fd}`);
        } catch {
          return ''; // the descriptor of this very reading
        }
      });
    const { process: identity } = fixture.containers.find(id).state;
    expect(holders(identity?.monitor.pid ?? 0)).toContain(inode);
    expect(holders(process.pid)).not.toContain(inode);
  });

  test('may be the network of another container, names included', async () => {
    const other = await fixture.create(['sleep', '60'], { name: 'owner', Hostname: 'shared' });
    await fixture.containers.start(other);
    const own = readlinkSync(`/proc/${fixture.containers.find(other).pid}/ns/net`);
    const found = await shell('hostname; readlink /proc/1/ns/net; cat /etc/hostname', {
      HostConfig: { NetworkMode: 'container:owner' },
    });
    expect(found.split('\n')).toEqual(['shared', own, 'shared']);
  });

  test('have limits from the cgroup', async () => {
    const { version } = fixture.context.cgroups;
    const line =
      version === 1
        ? 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us'
        : 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max; cut -d" " -f1 /sys/fs/cgroup/cpu.max';
    const found = await shell(line, {
      HostConfig: { Memory: 32 << 20, PidsLimit: 17, NanoCpus: 500_000_000 },
    });
    expect(found.split('\n')).toEqual([String(32 << 20), '17', '50000']);
  });

  test('have an init that reaps, where asked for', async () => {
    expect(await shell('cat /proc/1/cmdline', { HostConfig: { Init: true } })).toContain(
      '/sbin/docker-init',
    );
  });
});

describe('mounts', () => {
  test('of -v make the missing directory, and of --mount refuse it', async () => {
    const made = join(folder, 'a/b');
    expect(
      await shell('echo x > /in/file; cat /in/file', { HostConfig: { Binds: [`${made}:/in`] } }),
    ).toBe('x');
    expect(readFileSync(join(made, 'file'), 'utf8')).toBe('x\n');
    const missing = join(folder, 'missing');
    const Mounts = [{ Type: 'bind', Source: missing, Target: '/in' }];
    await expect(fixture.create(['true'], { HostConfig: { Mounts } })).rejects.toThrow(
      `invalid mount config for type "bind": bind source path does not exist: ${missing}`,
    );
    expect(existsSync(missing)).toBe(false);
  });

  test('are read-only, tmpfs with a size, or of one file', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'content');
    const HostConfig = {
      Binds: [`${file}:/etc/one:ro`],
      Tmpfs: { '/scratch': 'size=1m,mode=1777' },
      ReadonlyRootfs: true,
      ShmSize: 1 << 20,
    };
    const line =
      'cat /etc/one; echo; echo x > /etc/one; echo x > /root/x; echo ok > /scratch/x && cat /scratch/x; mount | grep -cE " /(scratch|dev/shm) .*size=1024k"';
    const found = await shell(line, { HostConfig });
    expect(found).toMatch(
      /^content\n.*one: Read-only file system\n.*x: Read-only file system\nok\n2$/s,
    );
  });

  test('of a new volume have the image’s content, and of a used one its own', async () => {
    const HostConfig = { Binds: ['seeded:/data'] };
    expect(await shell('cat /data/from-image; echo more > /data/more', { HostConfig })).toBe(
      'seed',
    );
    expect(await shell('ls /data', { HostConfig })).toBe('from-image\nmore');
    const { id } = await fixture.run(['true'], {
      Volumes: { '/data': {} },
      HostConfig: { AutoRemove: true },
    });
    await fixture.settled();
    expect(() => fixture.containers.find(id)).toThrow();
    expect(fixture.context.volumes.list().map(({ name }) => name)).toEqual(['seeded']);
  });

  test('do not follow a link of the image out to the host', async () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'root:x:0:0::/:/bin/sh\nevil:x:5:5::/:/bin/sh\n');
    const id = await fixture.create(['id'], { User: 'evil' });
    const rootfs = fixture.context.snapshotter.mount(
      id,
      fixture.containers.find(id).definition.layers,
    );
    rmSync(join(rootfs, 'etc/passwd'));
    symlinkSync(secret, join(rootfs, 'etc/passwd'));
    await expect(fixture.containers.start(id)).rejects.toThrow('unable to find user evil');
  });
});
