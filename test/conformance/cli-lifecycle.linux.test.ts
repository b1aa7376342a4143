/** A container's life by the docker CLI: made, watched, talked to, stopped, started again, removed. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startSubject, type Subject } from './subject.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
});
afterAll(() => subject.close());
afterEach(async () => {
  const all = (await subject.docker.ok('ps', '-aq')).split('\n').filter(Boolean);
  if (all.length > 0) await subject.docker.ok('rm', '-f', '-v', ...all);
});

const docker = (...args: string[]): Promise<string> => subject.docker.ok(...args);
const inspect = (name: string, format: string): Promise<string> =>
  docker('inspect', '-f', format, name);

/** Ends by itself on SIGTERM, which a plain `sleep` as process 1 would not. */
const PATIENT = ['sh', '-c', 'trap "exit 0" TERM; echo ready; while :; do sleep 0.05; done'];

describe('docker ps', () => {
  test('lists what runs, and with -a what has ended', async () => {
    await docker('run', '-d', '--name', 'runs', 'busybox', 'sleep', '60');
    await subject.docker.run(['run', '--name', 'ended', 'busybox', 'sh', '-c', 'exit 3']);
    expect(await docker('ps', '--format', '{{.Names}} {{.Image}} {{.Status}}')).toMatch(
      /^runs busybox Up (Less than a|\d+) seconds?$/,
    );
    const all = await docker('ps', '-a', '--format', '{{.Names}} {{.State}} {{.Status}}');
    expect(all.split('\n')).toEqual([
      expect.stringMatching(/^ended exited Exited \(3\) .* ago$/),
      expect.stringMatching(/^runs running Up /),
    ]);
  });

  test.each([
    { filter: 'status=exited', names: ['b'] },
    { filter: 'name=^/?a', names: ['a'] },
    { filter: 'label=tier', names: ['a', 'b'] },
    { filter: 'label=tier=back', names: ['b'] },
    { filter: 'exited=4', names: ['b'] },
    { filter: 'ancestor=busybox', names: ['a', 'b'] },
  ])('filters by $filter', async ({ filter, names }) => {
    await docker('run', '-d', '--name', 'a1', '--label', 'tier=front', 'busybox', 'sleep', '60');
    await subject.docker.run([
      ...['run', '--name', 'b1', '--label', 'tier=back', 'busybox', 'sh', '-c', 'exit 4'],
    ]);
    const found = await docker('ps', '-a', '--filter', filter, '--format', '{{.Names}}');
    expect(found.split('\n').toSorted()).toEqual(names.map((name) => `${name}1`));
  });
});

describe('docker logs', () => {
  test('tells apart both streams, and keeps their lines', async () => {
    await docker('run', '--name', 'talk', 'busybox', 'sh', '-c', 'echo out; echo err >&2');
    expect(await subject.docker.run(['logs', 'talk'])).toMatchObject({
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  test('shows the last lines with --tail, and times with -t', async () => {
    await docker('run', '--name', 'count', 'busybox', 'seq', '100');
    expect(await docker('logs', '--tail', '2', 'count')).toBe('99\n100');
    expect(await docker('logs', '-t', '--tail', '1', 'count')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z 100$/,
    );
  });

  test('keeps to --since and --until', async () => {
    await docker('run', '--name', 'past', 'busybox', 'echo', 'before');
    expect(await docker('logs', '--since', '1h', 'past')).toBe('before');
    expect(await docker('logs', '--until', '1h', 'past')).toBe('');
  });

  test('follows with -f until the container ends', async () => {
    const script = 'echo first; read line; echo "heard $line"';
    await docker('run', '-di', '--name', 'chat', 'busybox', 'sh', '-c', script);
    const follower = subject.docker.start(['logs', '-f', 'chat']);
    await follower.outputMatching(/first/);
    const attached = subject.docker.start(['attach', 'chat']);
    attached.write('hello\n');
    expect(await follower.result).toMatchObject({ code: 0, stdout: 'first\nheard hello\n' });
    expect(await attached.result).toMatchObject({ code: 0 });
  });

  test('keeps a line of a megabyte, and a last line without its end', async () => {
    const script = 'head -c 1048576 /dev/zero | tr "\\0" x; echo; printf "no end"';
    await docker('run', '--name', 'long', 'busybox', 'sh', '-c', script);
    const { stdout } = await subject.docker.run(['logs', 'long']);
    expect(stdout).toBe(`${'x'.repeat(1 << 20)}\nno end`);
  });
});

describe('docker exec', () => {
  test.each([
    { args: ['box', 'echo', 'hi'], stdout: 'hi\n', code: 0 },
    { args: ['box', 'sh', '-c', 'exit 6'], stdout: '', code: 6 },
    // 126 until Docker 22, 127 since.
    {
      args: ['box', 'no-such-program'],
      stdout: expect.stringContaining('executable file not found in $PATH'),
      code: expect.toBeOneOf([126, 127]),
    },
    {
      args: ['-e', 'A=b', '-w', '/tmp', 'box', 'sh', '-c', 'echo $A $PWD'],
      stdout: 'b /tmp\n',
      code: 0,
    },
    { args: ['-u', 'nobody', 'box', 'id', '-un'], stdout: 'nobody\n', code: 0 },
  ])('exec $args ends with $code', async ({ args, stdout, code }) => {
    await docker('run', '-d', '--name', 'box', 'busybox', 'sleep', '60');
    expect(await subject.docker.run(['exec', ...args])).toMatchObject({ stdout, code });
  });

  test('passes on standard input with -i', async () => {
    await docker('run', '-d', '--name', 'box', 'busybox', 'sleep', '60');
    const result = await subject.docker.run(['exec', '-i', 'box', 'sort'], { input: 'b\na\n' });
    expect(result).toMatchObject({ stdout: 'a\nb\n', code: 0 });
  });

  test('opens a shell on a terminal with -it', async () => {
    await docker('run', '-d', '--name', 'box', '-h', 'inside', 'busybox', 'sleep', '60');
    const shell = subject.docker.start(['exec', '-it', 'box', 'sh'], { tty: true });
    await shell.outputMatching(/# /);
    shell.write('tty; hostname\r');
    await shell.outputMatching(/\/dev\/pts\/\d+\s+inside/);
    shell.write('exit 3\r');
    expect(await shell.result).toMatchObject({ code: 3 });
  });

  test('is refused in a container that does not run', async () => {
    await docker('run', '--name', 'gone', 'busybox', 'true');
    const { code, stderr } = await subject.docker.run(['exec', 'gone', 'true']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/container [0-9a-f]{64} is not running/i);
  });
});

describe('docker stop, start, restart and kill', () => {
  test('stop lets the process end, and start runs it again with its log kept', async () => {
    await docker('run', '-d', '--name', 'web', 'busybox', ...PATIENT);
    await eventuallyLogs('web', 'ready');
    expect(await docker('stop', 'web')).toBe('web');
    expect(await inspect('web', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 0');
    expect(await docker('start', 'web')).toBe('web');
    expect(await inspect('web', '{{.State.Running}}')).toBe('true');
    await eventuallyLogs('web', 'ready\nready');
  });

  test('stop kills a process that does not listen, after its time', async () => {
    await docker('run', '-d', '--name', 'deaf', 'busybox', 'sleep', '60');
    await docker('stop', '-t', '1', 'deaf');
    expect(await inspect('deaf', '{{.State.ExitCode}}')).toBe('137');
  });

  test('restart gives a new process under the same id', async () => {
    const id = await docker('run', '-d', '--name', 'again', 'busybox', ...PATIENT);
    await eventuallyLogs('again', 'ready');
    const before = await inspect('again', '{{.State.Pid}}');
    await docker('restart', 'again');
    expect(await inspect('again', '{{.Id}} {{.State.Running}}')).toBe(`${id} true`);
    expect(await inspect('again', '{{.State.Pid}}')).not.toBe(before);
  });

  test('kill sends the signal it is given', async () => {
    const script = 'trap "echo got it; exit 4" USR1; echo ready; while :; do sleep 0.05; done';
    await docker('run', '-d', '--name', 'target', 'busybox', 'sh', '-c', script);
    await eventuallyLogs('target', 'ready');
    await docker('kill', '-s', 'USR1', 'target');
    expect(await docker('wait', 'target')).toBe('4');
    expect(await docker('logs', 'target')).toBe('ready\ngot it');
  });

  test('kill of a container that does not run is refused', async () => {
    await docker('create', '--name', 'new', 'busybox', 'true');
    const { code, stderr } = await subject.docker.run(['kill', 'new']);
    expect(code).toBe(1);
    expect(stderr).toContain('is not running');
  });

  test('start -a shows the output and ends with the exit code', async () => {
    await docker('create', '--name', 'late', 'busybox', 'sh', '-c', 'echo now; exit 5');
    const result = await subject.docker.run(['start', '-a', 'late']);
    expect(result).toMatchObject({ stdout: 'now\n', code: 5 });
  });
});

describe('docker rm and rename', () => {
  test('rm refuses what runs, unless forced', async () => {
    await docker('run', '-d', '--name', 'busy', 'busybox', 'sleep', '60');
    const refused = await subject.docker.run(['rm', 'busy']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /container is running: stop the container before removing|You cannot remove a running container/,
    );
    expect(await docker('rm', '-f', 'busy')).toBe('busy');
    const { stderr } = await subject.docker.run(['rm', 'busy']);
    expect(stderr).toContain('No such container: busy');
  });

  test('a name is taken until its container is renamed', async () => {
    await docker('create', '--name', 'first', 'busybox');
    const refused = await subject.docker.run(['create', '--name', 'first', 'busybox']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /Conflict\. The container name "\/first" is already in use by container "[0-9a-f]{64}"/,
    );
    await docker('rename', 'first', 'elder');
    await docker('create', '--name', 'first', 'busybox');
    expect(await docker('ps', '-a', '--format', '{{.Names}}')).toBe('first\nelder');
  });

  test('a container answers to a prefix of its id', async () => {
    const id = await docker('create', 'busybox');
    expect(await inspect(id.slice(0, 7), '{{.Id}}')).toBe(id);
  });

  test('container prune removes what has ended and nothing else', async () => {
    await docker('run', '-d', '--name', 'stays', 'busybox', 'sleep', '60');
    await docker('run', '--name', 'goes', 'busybox', 'true');
    await docker('container', 'prune', '-f');
    expect(await docker('ps', '-a', '--format', '{{.Names}}')).toBe('stays');
  });
});

describe('docker inspect -f', () => {
  test('finds what the container was made with', async () => {
    await docker(
      ...['create', '--name', 'made', '-e', 'A=1', '-w', '/tmp', '-u', 'nobody', '-h', 'there'],
      ...['--label', 'a=b', '-p', '8080:80', '-v', 'data:/data', 'busybox', 'sleep', '1'],
    );
    const rows: [string, string][] = [
      ['{{.Name}} {{.Config.Image}} {{.State.Status}}', '/made busybox created'],
      ['{{index .Config.Env 0}} {{.Config.WorkingDir}} {{.Config.User}}', 'A=1 /tmp nobody'],
      [
        '{{.Config.Hostname}} {{index .Config.Labels "a"}} {{.Path}} {{.Args}}',
        'there b sleep [1]',
      ],
      ['{{json .HostConfig.PortBindings}}', '{"80/tcp":[{"HostIp":"","HostPort":"8080"}]}'],
      ['{{json .HostConfig.RestartPolicy}}', '{"Name":"no","MaximumRetryCount":0}'],
      ['{{(index .Mounts 0).Type}} {{(index .Mounts 0).Destination}}', 'volume /data'],
      ['{{.HostConfig.NetworkMode}} {{.HostConfig.ShmSize}}', expect.stringMatching(/ 67108864$/)],
      ['{{.State.Running}} {{.State.Pid}} {{.RestartCount}}', 'false 0 0'],
    ];
    for (const [format, expected] of rows) expect(await inspect('made', format)).toEqual(expected);
    await docker('rm', 'made');
    await docker('volume', 'rm', 'data');
  });
});

test('docker events tells the life of a container in order', async () => {
  const since = String(Math.floor(Date.now() / 1000));
  await docker(
    'run',
    '--rm',
    '--name',
    'brief',
    '--label',
    'x=y',
    'busybox',
    'sh',
    '-c',
    'exit 2',
  ).catch(
    () => {}, // ends with 2
  );
  const format = '{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}';
  const told = await docker(
    ...['events', '--since', since, '--until', String(Math.ceil(Date.now() / 1000) + 1)],
    ...['--filter', 'container=brief', '--format', format],
  );
  const none = '<no value>';
  expect(told.split('\n')).toEqual([
    `create brief ${none}`,
    `attach brief ${none}`,
    `start brief ${none}`,
    'die brief 2',
    `destroy brief ${none}`,
  ]);
});

test('docker info and docker version name the server', async () => {
  expect(await docker('version', '--format', '{{.Server.Version}} {{.Server.Os}}')).toMatch(
    /^\S+ linux$/,
  );
  const info = await docker('info', '--format', '{{.ContainersRunning}} {{.Images}} {{.Driver}}');
  expect(info).toBe('0 1 overlay2');
});

async function eventuallyLogs(name: string, text: string): Promise<void> {
  const follower = subject.docker.start(['logs', '-f', name]);
  await follower.outputMatching(new RegExp(text));
  follower.kill();
  await follower.result;
}
