/** `docker run` as people type it: what it prints, what it ends with, what a container finds inside. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSubject, type Subject } from './subject.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
});
afterAll(() => subject.close());

const run = (...args: string[]) => subject.docker.run(['run', '--rm', ...args]);

describe('docker run ends with', () => {
  test.each([
    { code: 0, when: 'the command succeeds', args: ['busybox', 'true'] },
    { code: 1, when: 'the command fails', args: ['busybox', 'false'] },
    { code: 42, when: 'the command says so', args: ['busybox', 'sh', '-c', 'exit 42'] },
    { code: 125, when: 'a flag is unknown', args: ['--no-such-flag', 'busybox'] },
    { code: 125, when: 'the image does not exist', args: ['no-such-image', 'true'] },
    { code: 125, when: 'the network does not exist', args: ['--network', 'nowhere', 'busybox'] },
    { code: 126, when: 'the command cannot be executed', args: ['busybox', '/etc'] },
    { code: 126, when: 'the command is no program', args: ['busybox', '/etc/passwd'] },
    { code: 127, when: 'the command is not on the PATH', args: ['busybox', 'no-such-program'] },
    { code: 127, when: 'the path does not exist', args: ['busybox', '/no/such/program'] },
  ])('$code when $when', async ({ code, args }) => {
    const result = await run(...args);
    expect(result).toMatchObject({ code });
    expect((await subject.docker.ok('ps', '--all', '--quiet')).split('\n')).toEqual(['']);
  });
});

test('docker run on a network that does not exist says so, and does not look for the image', async () => {
  expect((await run('--network', 'nowhere', 'busybox', 'true')).stderr).toMatch(
    /^docker: Error response from daemon: network nowhere not found(\n|$)/,
  );
  await subject.docker.ok('create', '--name', 'waits', '--network', 'nowhere', 'busybox');
  expect((await subject.docker.run(['start', 'waits'])).stderr).toContain(
    'network nowhere not found',
  );
  expect(
    await subject.docker.ok('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'waits'),
  ).toBe('created 128');
  await subject.docker.ok('rm', 'waits');
});

describe('docker run gives the container', () => {
  test.each([
    { what: 'its arguments', args: ['busybox', 'echo', 'a b', 'c'], output: 'a b c\n' },
    {
      what: 'the host name of -h',
      args: ['-h', 'gauge', 'busybox', 'hostname'],
      output: 'gauge\n',
    },
    {
      what: 'the directory of -w',
      args: ['-w', '/made/here', 'busybox', 'pwd'],
      output: '/made/here\n',
    },
    {
      what: 'the variables of -e, also those with an equals sign',
      args: ['-e', 'A=1=2', '-e', 'EMPTY=', 'busybox', 'sh', '-c', 'echo "$A-$EMPTY-$HOME"'],
      output: '1=2--/root\n',
    },
    {
      what: 'the user of -u by name',
      args: ['-u', 'nobody', 'busybox', 'id'],
      output: 'uid=65534(nobody) gid=65534(nogroup) groups=50(staff),65534(nogroup)\n',
      orOutput: 'uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup),50(staff)\n',
    },
    {
      what: 'the user and group of -u by number',
      args: ['-u', '1234:50', 'busybox', 'sh', '-c', 'id -u; id -g'],
      output: '1234\n50\n',
    },
    {
      what: 'the root as home of a user whom the image does not know',
      args: ['-u', '1000', 'busybox', 'sh', '-c', 'echo $HOME'],
      output: '/\n',
    },
    {
      what: 'a volume where -v names what looks like a drive',
      args: ['-v', 'b:/x', 'busybox', 'ls', '-d', '/b:/x'],
      output: '/b:/x\n',
    },
    {
      what: "the program of --entrypoint, without the image's command",
      args: ['--entrypoint', 'echo', 'busybox', 'from', 'here'],
      output: 'from here\n',
    },
    {
      what: 'only loopback with --network none',
      args: ['--network', 'none', 'busybox', 'ls', '/sys/class/net'],
      output: 'lo\n',
    },
    {
      what: 'loopback and eth0 on the bridge',
      args: ['busybox', 'ls', '/sys/class/net'],
      output: 'eth0\nlo\n',
    },
    {
      what: 'a name for its own address',
      args: [
        '-h',
        'me',
        'busybox',
        'sh',
        '-c',
        'test "$(hostname -i)" = "$(ip -4 -o addr show eth0 | tr / " " | tr -s " " | cut -d" " -f4)" && echo same',
      ],
      output: 'same\n',
    },
    {
      what: 'the process id 1',
      args: ['busybox', 'sh', '-c', 'echo $$'],
      output: '1\n',
    },
    {
      what: 'no new devices and no raw disks',
      args: ['busybox', 'sh', '-c', 'ls /dev | grep -v core | tr "\\n" " "'],
      output: 'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ',
    },
    {
      what: 'a tmpfs where --tmpfs says',
      args: [
        '--tmpfs',
        '/scratch:size=64k',
        'busybox',
        'sh',
        '-c',
        'grep -c "^tmpfs /scratch tmpfs" /proc/mounts',
      ],
      output: '1\n',
    },
  ])('$what', async ({ args, output, orOutput }) => {
    const result = await run(...args);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect([output, orOutput]).toContain(result.stdout);
  });

  test("the host's network with --network host", async () => {
    const link = ['readlink', '/proc/self/ns/net'] as const;
    const inside = await subject.docker.run([
      'run',
      '--rm',
      '--network',
      'host',
      'busybox',
      ...link,
    ]);
    expect(inside.stdout).toMatch(/^net:\[\d+\]\n$/);
    expect(inside.stdout).toBe(await subject.namespace.run(...link));
  });

  test('a bind mount with -v, read-only where it says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-mount-'));
    writeFileSync(join(folder, 'greeting'), 'hello\n');
    const shared = ['-v', `${folder}:/mnt`];
    expect((await run(...shared, 'busybox', 'cat', '/mnt/greeting')).stdout).toBe('hello\n');
    await run(...shared, 'busybox', 'sh', '-c', 'echo answer > /mnt/answer');
    expect(readFileSync(join(folder, 'answer'), 'utf8')).toBe('answer\n');
    const readOnly = await run('-v', `${folder}:/mnt:ro`, 'busybox', 'touch', '/mnt/new');
    expect(readOnly).toMatchObject({ code: 1, stderr: expect.stringContaining('Read-only') });
    rmSync(folder, { recursive: true });
  });

  test('the same files in a named volume in every run', async () => {
    await run('-v', 'diary:/notes', 'busybox', 'sh', '-c', 'echo monday >> /notes/days');
    await run('-v', 'diary:/notes', 'busybox', 'sh', '-c', 'echo tuesday >> /notes/days');
    const read = await run('-v', 'diary:/elsewhere:ro', 'busybox', 'cat', '/elsewhere/days');
    expect(read.stdout).toBe('monday\ntuesday\n');
    await subject.docker.ok('volume', 'rm', 'diary');
  });
});

describe('docker run passes on', () => {
  test('standard input to its end with -i', async () => {
    const input = 'line 1\nline 2 without an end';
    const result = await subject.docker.run(['run', '--rm', '-i', 'busybox', 'cat'], { input });
    expect(result).toMatchObject({ code: 0, stdout: input, stderr: '' });
  });

  test('ten megabytes both ways without losing a byte', async () => {
    const input = Buffer.alloc(10 << 20, 'abcdefghijklmnopqrstuvwxyz0123456789\n');
    const result = await subject.docker.run(['run', '--rm', '-i', 'busybox', 'cat'], { input });
    expect(result.code).toBe(0);
    expect(result.stdoutBytes.equals(input)).toBe(true);
  });

  test('standard output and standard error, apart', async () => {
    const result = await run('busybox', 'sh', '-c', 'echo out; echo err >&2');
    expect(result).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
  });

  test('a terminal with -t, of the size of the one it is typed in', async () => {
    const shell = subject.docker.start(['run', '--rm', '-it', 'busybox', 'sh'], { tty: true });
    await shell.outputMatching(/# /);
    shell.write('test -t 0 && echo is a ter""minal\r');
    await shell.outputMatching(/is a terminal/);
    shell.write('exit 7\r');
    expect(await shell.result).toMatchObject({ code: 7 });
  });

  test('signals to the process, and its exit code back', async () => {
    const script = 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done';
    const running = subject.docker.start(['run', '--rm', 'busybox', 'sh', '-c', script]);
    await running.outputMatching(/ready/);
    running.kill('SIGTERM');
    expect(await running.result).toMatchObject({ code: 9 });
  });

  test('nothing but the id with -d', async () => {
    const { stdout, code } = await subject.docker.run([
      'run',
      '-d',
      '--rm',
      'busybox',
      'sleep',
      '60',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f]{64}\n$/);
    await subject.docker.ok('rm', '-f', stdout.trim());
  });
});

test('docker run pulls an image that is not there yet, and says so on standard error', async () => {
  subject.registry.storage.pushImage('library/late', {
    layers: [{ files: [{ name: 'late', content: 'late' }] }],
  });
  const result = await run('late', '/late');
  expect(result.stderr).toContain("Unable to find image 'late:latest' locally");
  expect(result.stderr).toContain('Status: Downloaded newer image for late:latest');
  expect(result).toMatchObject({ code: 126, stdout: '' });
});

test('docker run --rm takes the container and its anonymous volumes away', async () => {
  await run('-v', '/anonymous', 'busybox', 'true');
  expect(await subject.docker.ok('ps', '-aq')).toBe('');
  expect(await subject.docker.ok('volume', 'ls', '-q')).toBe('');
});
