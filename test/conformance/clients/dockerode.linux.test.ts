/** dockerode, the client most Node programs speak to Docker with, as they use it. */
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { mustRun, runCommand } from '../../support/command.ts';
import { writeTar } from '../../support/tar-writer.ts';
import { startSubject, type Subject } from '../subject.ts';

let subject: Subject;
let docker: Docker;
beforeAll(async () => {
  subject = await startSubject();
  docker = new Docker({ socketPath: subject.socket });
});
afterAll(() => subject.close());

/** Both streams of a multiplexed one, to their end. */
async function demuxed(stream: NodeJS.ReadableStream): Promise<{ stdout: string; stderr: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  docker.modem.demuxStream(stream, stdout, stderr);
  stream.once('end', () => {
    stdout.end();
    stderr.end();
  });
  return { stdout: await text(stdout), stderr: await text(stderr) };
}

async function withContainer<T>(
  options: Docker.ContainerCreateOptions,
  use: (container: Docker.Container) => Promise<T>,
): Promise<T> {
  const container = await docker.createContainer({ Image: 'busybox', ...options });
  try {
    return await use(container);
  } finally {
    await container.remove({ force: true, v: true });
  }
}

const sleeper = { Cmd: ['sleep', '1000'] };

describe('dockerode', () => {
  test('pulls an image and follows its progress', async () => {
    const stream = await docker.pull('busybox:latest');
    const seen: { status?: string }[] = [];
    const output = await new Promise<{ status: string }[]>((resolve, reject) => {
      docker.modem.followProgress(
        stream,
        (error, events: { status: string }[]) => (error ? reject(error) : resolve(events)),
        (event: { status?: string }) => seen.push(event),
      );
    });
    expect(output).toEqual(seen);
    expect(output.at(-1)?.status).toMatch(/^Status: .* busybox:latest$/);
  });

  test('is told that an image is not there, with the status 404', async () => {
    const missing = docker.getImage('not-there').inspect();
    await expect(missing).rejects.toMatchObject({ statusCode: 404, reason: 'no such image' });
    const create = docker.createContainer({ Image: 'not-there' });
    await expect(create).rejects.toThrow('No such image: not-there:latest');
  });

  test('runs a container with run() and gets its output', async () => {
    const output = new PassThrough();
    const written = text(output);
    const [{ StatusCode }, container] = (await docker.run(
      'busybox',
      ['sh', '-c', 'echo out; exit 4'],
      output,
      { Tty: true },
    )) as [{ StatusCode: number }, Docker.Container];
    expect(StatusCode).toBe(4);
    expect(await written).toBe('out\r\n');
    await container.remove();
  });

  test('attaches by hijack, writes to stdin and ends it', async () => {
    const options = { Cmd: ['cat'], OpenStdin: true, StdinOnce: true, AttachStdin: true };
    await withContainer(options, async (container) => {
      const stream = await container.attach({
        stream: true,
        stdin: true,
        stdout: true,
        stderr: true,
        hijack: true,
      });
      await container.start();
      const output = demuxed(stream);
      stream.write('over the ');
      stream.end('wire\n');
      expect(await output).toEqual({ stdout: 'over the wire\n', stderr: '' });
      expect(await container.wait()).toMatchObject({ StatusCode: 0 });
    });
  });

  test('keeps stdout and stderr apart in an attach without hijack', async () => {
    const Cmd = ['sh', '-c', 'echo out; echo err >&2'];
    await withContainer({ Cmd }, async (container) => {
      const stream = await container.attach({ stream: true, stdout: true, stderr: true });
      await container.start();
      expect(await demuxed(stream)).toEqual({ stdout: 'out\n', stderr: 'err\n' });
    });
  });

  test('executes programs, with input, output and exit code', async () => {
    await withContainer(sleeper, async (container) => {
      await container.start();
      const exec = await container.exec({
        Cmd: ['sh', '-c', 'read line; echo "$GREETING $line"; echo err >&2; exit 9'],
        Env: ['GREETING=hello'],
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
      });
      const stream = await exec.start({ hijack: true, stdin: true });
      const output = demuxed(stream);
      stream.end('reader\n');
      expect(await output).toEqual({ stdout: 'hello reader\n', stderr: 'err\n' });
      expect(await exec.inspect()).toMatchObject({ Running: false, ExitCode: 9 });
    });
  });

  test('resizes the terminal of a container and of an exec', async () => {
    await withContainer({ ...sleeper, Tty: true }, async (container) => {
      await container.start();
      await container.resize({ h: 20, w: 70 });
      const exec = await container.exec({
        Cmd: ['sh', '-c', 'read line; stty size'],
        AttachStdin: true,
        AttachStdout: true,
        Tty: true,
      });
      const stream = await exec.start({ hijack: true, stdin: true, Tty: true });
      await exec.resize({ h: 31, w: 83 });
      const output = text(stream);
      stream.write('go\n');
      expect(await output).toContain('31 83');
    });
  });

  test('reads logs as a whole and follows them', async () => {
    const Cmd = ['sh', '-c', 'echo one; echo two >&2; sleep 0.3; echo three'];
    await withContainer({ Cmd }, async (container) => {
      await container.start();
      const followed = await container.logs({ follow: true, stdout: true, stderr: true });
      expect(await demuxed(followed)).toEqual({ stdout: 'one\nthree\n', stderr: 'two\n' });
      const last = await container.logs({ stdout: true, tail: 1, timestamps: true });
      expect(last.subarray(8).toString()).toMatch(/^\d{4}-.*Z three\n$/);
    });
  });

  test('puts an archive into a container and gets it back', async () => {
    await withContainer(sleeper, async (container) => {
      await container.start();
      const archive = writeTar([{ name: 'note', content: 'kept\n', mode: 0o640, uid: 7 }]);
      await container.putArchive(archive, { path: '/tmp' });
      const back = await container.getArchive({ path: '/tmp/note' });
      const unpacked = await runCommand('tar', ['-xO', 'note'], { input: await buffer(back) });
      expect(unpacked.stdout).toBe('kept\n');
      const absent = container.getArchive({ path: '/absent' });
      await expect(absent).rejects.toMatchObject({ statusCode: 404 });
    });
  });

  test('exports a container and commits it to an image', async () => {
    await withContainer({ Cmd: ['sh', '-c', 'echo made > /made'] }, async (container) => {
      await container.start();
      await container.wait();
      const exported = await buffer(await container.export());
      const made = await runCommand('tar', ['-xO', 'made'], { input: exported });
      expect(made.stdout).toBe('made\n');
      await container.commit({ repo: 'committed', tag: 'one', changes: 'CMD ["cat", "/made"]' });
      const image = docker.getImage('committed:one');
      expect((await image.inspect()).Config.Cmd).toEqual(['cat', '/made']);
      await image.remove();
    });
  });

  test('gets statistics once and as a stream', async () => {
    await withContainer(sleeper, async (container) => {
      await container.start();
      const once_ = await container.stats({ stream: false });
      expect(once_.memory_stats.usage).toBeGreaterThan(0);
      expect(once_.cpu_stats.cpu_usage.total_usage).toBeGreaterThan(0);
      const stream = await container.stats({ stream: true });
      const [first] = (await once(stream, 'data')) as [Buffer];
      expect(JSON.parse(first.toString())).toMatchObject({ name: expect.stringMatching(/^\//) });
      (stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
    });
  });

  test('hears of events as they happen', async () => {
    const stream = await docker.getEvents({ filters: { type: ['container'], label: ['heard'] } });
    const actions: string[] = [];
    stream.on('data', (line: Buffer) => {
      for (const event of line.toString().trim().split('\n'))
        actions.push((JSON.parse(event) as { Action: string }).Action);
    });
    await withContainer({ Cmd: ['true'], Labels: { heard: '' } }, async (container) => {
      await container.start();
      await container.wait();
    });
    await eventually('the last event came', () => actions.includes('destroy'));
    expect(actions).toEqual(['create', 'start', 'die', 'destroy']);
    (stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
  });

  test('waits for the next exit, also before the start', async () => {
    await withContainer({ Cmd: ['sh', '-c', 'exit 6'] }, async (container) => {
      const exit = container.wait({ condition: 'next-exit' });
      await container.start();
      expect(await exit).toMatchObject({ StatusCode: 6 });
    });
  });

  test('lists containers by filters and inspects them', async () => {
    await withContainer({ ...sleeper, name: 'listed', Labels: { tier: 'web' } }, async (it) => {
      await it.start();
      const [found, ...others] = await docker.listContainers({ filters: { label: ['tier=web'] } });
      expect(others).toEqual([]);
      expect(found).toMatchObject({ Names: ['/listed'], State: 'running', Image: 'busybox' });
      expect((await it.inspect()).State).toMatchObject({ Status: 'running', Running: true });
      expect((await it.top({ ps_args: '-o pid,args' })).Processes).toEqual([
        [expect.any(String), 'sleep 1000'],
      ]);
    });
  });

  test('stops, restarts, pauses, renames and updates', async () => {
    await withContainer({ ...sleeper, name: 'before' }, async (container) => {
      await container.start();
      await container.pause();
      expect((await container.inspect()).State.Paused).toBe(true);
      await container.unpause();
      await container.rename({ name: 'after' });
      await container.update({ Memory: 64 << 20, MemorySwap: -1 });
      expect(await container.inspect()).toMatchObject({
        Name: '/after',
        HostConfig: { Memory: 64 << 20 },
      });
      await container.restart({ t: 0 });
      await container.stop({ t: 0 });
      await expect(container.stop()).rejects.toMatchObject({ statusCode: 304 });
      expect((await container.inspect()).State.ExitCode).toBe(137);
    });
  });

  test('makes volumes and uses them', async () => {
    const volume = await docker.createVolume({ Name: 'chest', Labels: { made: 'here' } });
    await withContainer({ ...sleeper, HostConfig: { Binds: ['chest:/chest'] } }, async () => {
      await expect(docker.getVolume('chest').remove()).rejects.toMatchObject({ statusCode: 409 });
    });
    const { Volumes } = await docker.listVolumes({ filters: { label: ['made=here'] } });
    expect(Volumes.map(({ Name }) => Name)).toEqual(['chest']);
    await volume.remove();
  });

  test('tags, saves and loads images', async () => {
    const image = docker.getImage('busybox');
    await image.tag({ repo: 'travelled', tag: 'far' });
    const archive = await buffer(await docker.getImage('travelled:far').get());
    await docker.getImage('travelled:far').remove();
    const progress: unknown = await docker.loadImage(Readable.from([archive]));
    expect(await text(progress as NodeJS.ReadableStream)).toContain('Loaded image: travelled:far');
    expect((await docker.getImage('travelled:far').history()).length).toBeGreaterThan(0);
    await docker.getImage('travelled:far').remove();
    expect(await mustRun('tar', ['-tf', '-'], { input: archive })).toContain('manifest.json');
  });

  test('pushes an image and pulls it again', async () => {
    const name = `${subject.registry.address}/mine/pushed`;
    await docker.getImage('busybox').tag({ repo: name, tag: 'one' });
    const image = docker.getImage(`${name}:one`);
    const pushed = await text(await image.push({ authconfig: { username: '', password: '' } }));
    expect(pushed).toContain('digest: sha256:');
    await image.remove();
    const stream = await docker.pull(`${name}:one`);
    expect(await text(stream)).toContain(`Status: `);
    await image.remove();
  });

  test('asks the engine about itself', async () => {
    expect(String(await docker.ping())).toBe('OK');
    expect(await docker.version()).toMatchObject({ Os: 'linux' });
    expect(await docker.info()).toMatchObject({ OSType: 'linux' });
    expect(await docker.df()).toMatchObject({ Images: expect.any(Array) });
  });
});
