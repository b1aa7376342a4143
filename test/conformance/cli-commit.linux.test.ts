/** `docker commit` through the real docker CLI: what was changed becomes an image like any other. */
import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startSubject, SUBJECT, type Subject } from './subject.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
});
afterAll(() => subject?.close());
afterEach(async () => {
  const all = await docker('ps', '-aq');
  if (all !== '') await docker('rm', '-f', '-v', ...all.split('\n'));
});

const docker = (...args: string[]): Promise<string> => subject.docker.ok(...args);
const inspect = async (name: string) =>
  (JSON.parse(await docker('image', 'inspect', name)) as Record<string, unknown>[])[0] as {
    Parent: string;
    Author: string;
    Comment: string;
    Config: Record<string, unknown>;
    RootFS: { Layers: string[] };
  };
const runs = (image: string, script: string): Promise<string> =>
  docker('run', '--rm', image, 'sh', '-c', script);

test('commit keeps what was added, changed and deleted, and nothing of the engine’s', async () => {
  const script = [
    'echo new > /new; echo more >> /etc/passwd; rm /etc/group; chown 5:6 /new; chmod 4711 /new',
    'ln /new /hard; ln -s /new /link; mkfifo /pipe; mknod /null c 1 3',
    'rm -r /home; mkdir /home; echo v > /vol/ignored',
    'mkdir /bin2; mv /bin2 /bin3; touch /usr/empty',
  ].join('; ');
  await docker('run', '--name', 'made', '-v', '/vol', 'busybox', 'sh', '-c', script);
  expect(await docker('commit', 'made', 'kept:v1')).toMatch(/^sha256:[0-9a-f]{64}$/);
  const look = [
    'cat /new /link; tail -n 1 /etc/passwd; stat -c "%a %u:%g %h" /hard',
    'stat -c "%F %t,%T" /pipe /null; ls /vol /home /bin3; test -e /etc/group || echo gone',
  ].join('; ');
  const seen = await runs('kept:v1', look);
  expect(seen.split('\n').filter(Boolean)).toEqual([
    ...['new', 'new', 'more', '4711 5:6 2', 'fifo 0,0', 'character special file 1,3'],
    ...['/bin3:', '/home:', '/vol:', 'gone'],
  ]);
  expect(seen).not.toContain('ignored');
});

test('commit takes changes, author, message and a configuration', async () => {
  await docker('run', '--name', 'made', '-e', 'KEPT=1', 'busybox', 'true');
  const changes = [
    'CMD ["cat", "/etc/hostname"]',
    'ENV A=1 B="2 3"',
    'EXPOSE 80/tcp',
    'LABEL of=test',
    'USER nobody',
    'VOLUME /data',
    'WORKDIR /tmp',
    'ONBUILD RUN true',
    'HEALTHCHECK --interval=5s CMD true',
  ].flatMap((change) => ['--change', change]);
  await docker('commit', '-a', 'Me', '-m', 'why', ...changes, 'made', 'changed');
  const image = await inspect('changed');
  expect(image).toMatchObject({ Author: 'Me', Comment: 'why' });
  expect(image.Config).toMatchObject({
    Cmd: ['cat', '/etc/hostname'],
    Env: expect.arrayContaining(['KEPT=1', 'A=1', 'B=2 3']) as string[],
    ExposedPorts: { '80/tcp': {} },
    Labels: { of: 'test' },
    User: 'nobody',
    Volumes: { '/data': {} },
    WorkingDir: '/tmp',
    OnBuild: ['RUN true'],
    Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 5_000_000_000 },
  });
  const { code, stderr } = await subject.docker.run(['commit', '-c', 'RUN true', 'made']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('run is not a valid change command')]);
});

test('commit adds one layer and one line of history to the image beneath', async () => {
  await docker('run', '--name', 'made', 'busybox', 'sh', '-c', 'echo 1 > /one');
  await docker('commit', '-m', 'one more', 'made', 'grown');
  const [below, above] = [await inspect('busybox'), await inspect('grown')];
  expect(above.RootFS.Layers.slice(0, -1)).toEqual(below.RootFS.Layers);
  const history = await docker(
    'history',
    '--no-trunc',
    '--format',
    '{{.CreatedBy}}|{{.Comment}}',
    'grown',
  );
  expect(history.split('\n')[0]).toBe('sh -c echo 1 > /one|one more');
  await docker('run', '--name', 'again', 'grown', 'sh', '-c', 'rm /one; echo 2 > /two');
  await docker('commit', 'again', 'twice');
  expect(await runs('twice', 'cat /two; test -e /one || echo gone')).toBe('2\ngone');
  expect((await inspect('twice')).RootFS.Layers).toHaveLength(below.RootFS.Layers.length + 2);
});

test('a container that changed nothing becomes an image of the same layers', async () => {
  await docker('create', '--name', 'made', 'busybox');
  await docker('commit', '-c', 'CMD ["echo", "hi"]', 'made', 'same');
  expect((await inspect('same')).RootFS.Layers).toEqual((await inspect('busybox')).RootFS.Layers);
  expect(await docker('run', '--rm', 'same')).toBe('hi');
});

test('commit freezes a container that runs and lets it go on, unless told not to', async () => {
  await docker('run', '-d', '--name', 'alive', 'busybox', 'sleep', '3600');
  const since = String(Date.now() / 1000);
  await docker('commit', 'alive', 'still');
  await docker('commit', '--pause=false', 'alive', 'moving');
  expect(await docker('inspect', '-f', '{{.State.Status}}', 'alive')).toBe('running');
  const actions = await docker(
    ...['events', '--since', since, '--until', String(Date.now() / 1000 + 1)],
    ...['--filter', 'container=alive', '--format', '{{.Action}}'],
  );
  expect(actions.split('\n')).toEqual(['pause', 'unpause', 'commit', 'commit']);
});

test('a committed image is saved, loaded and pushed as any other', async () => {
  await docker('run', '--name', 'made', 'busybox', 'sh', '-c', 'echo travels > /cargo');
  const name = `${subject.registry.address}/mine/cargo`;
  await docker('commit', 'made', name);
  const { stdoutBytes } = await subject.docker.run(['save', name]);
  expect(execFileSync('tar', ['-tf', '-'], { input: stdoutBytes }).toString()).toContain(
    'manifest.json',
  );
  await docker('push', '--quiet', name);
  const id = await docker('image', 'inspect', '-f', '{{.Id}}', name);
  await docker('rm', 'made');
  await docker('rmi', name);
  await subject.docker.run(['load'], { input: stdoutBytes });
  expect(await docker('image', 'inspect', '-f', '{{.Id}}', name)).toBe(id);
  await docker('rmi', name);
  await docker('pull', '--quiet', name);
  expect(await runs(name, 'cat /cargo')).toBe('travels');
});

test.runIf(SUBJECT === 'gantryd')(
  'commit refuses names that are none before it reads',
  async () => {
    await docker('create', '--name', 'made', 'busybox');
    const answers = await Promise.all(
      ['container=made&repo=UPPER', 'container=made&repo=a&tag=b:c', '', 'container=nobody'].map(
        (query) => subject.request(`/commit?${query}`, { method: 'POST' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 404]);
  },
);
