/** `docker pull`, `images`, `tag` and `rmi` against a real registry. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { busyboxFiles } from '../support/base-images.ts';
import { RunningCommand } from '../support/command.ts';
import { writeTar } from '../support/tar-writer.ts';
import { startSubject, type Subject } from './subject.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
});
afterAll(() => subject.close());

const docker = (...args: string[]): Promise<string> => subject.docker.ok(...args);

describe('docker pull', () => {
  test.each([
    { format: 'docker', compression: 'gzip' },
    { format: 'docker', compression: 'none' },
    { format: 'oci', compression: 'gzip' },
    { format: 'oci', compression: 'none' },
    { format: 'oci', compression: 'zstd' },
  ] as const)('takes $format images with $compression layers', async ({ format, compression }) => {
    const name = `layers-${format}-${compression}`;
    const { digest } = subject.registry.storage.pushImage(`library/${name}`, {
      format,
      layers: [
        { compression, files: await busyboxFiles() },
        { compression, files: [{ name: 'both', content: 'lower' }, { name: 'gone' }] },
        { compression, files: [{ name: 'both', content: name }, { name: '.wh.gone' }] },
      ],
    });
    const told = await docker('pull', name);
    expect(told).toContain(`Digest: ${digest}`);
    expect(told).toContain(`Status: Downloaded newer image for ${name}:latest`);
    expect(await docker('pull', name)).toContain(`Status: Image is up to date for ${name}:latest`);
    const found = await docker(
      'run',
      '--rm',
      name,
      'sh',
      '-c',
      'cat /both; test -e /gone || echo -n " only"',
    );
    expect(found).toBe(`${name} only`);
  });

  test('chooses the platform of the machine from a manifest list', async () => {
    const own = process.arch === 'x64' ? 'amd64' : process.arch;
    const of = (architecture: string) => ({
      architecture,
      layers: [{ files: [{ name: 'which', content: architecture }] }],
    });
    subject.registry.storage.pushManifestList('library/many', [
      of('s390x'),
      of(own),
      of('riscv64'),
    ]);
    await docker('pull', 'many');
    expect(await docker('image', 'inspect', '-f', '{{.Architecture}}', 'many')).toBe(own);
  });

  test('says what is missing', async () => {
    const { code, stderr } = await subject.docker.run(['pull', '127.0.0.1:5000/nothing/here']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /manifest for 127\.0\.0\.1:5000\/nothing\/here:latest not found|manifest unknown/,
    );
  });

  test('refuses a layer whose bytes are not those of its digest, and leaves nothing', async () => {
    const { storage } = subject.registry;
    const image = storage.pushImage('library/forged', {
      layers: [{ files: [{ name: 'a', content: 'genuine' }] }],
    });
    const layer = image.layers[0];
    if (layer === undefined) throw new Error('an image without a layer');
    const forged = Buffer.from(layer.bytes);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 0xff;
    storage.writeBlob({ digest: layer.digest, bytes: forged });
    const { code } = await subject.docker.run(['pull', 'forged']);
    expect(code).toBe(1);
    expect(await docker('images', '-q', 'forged')).toBe('');
    storage.writeBlob(layer);
    await docker('pull', 'forged');
  });

  test('takes what there is for another platform with a warning, and refuses what is none', async () => {
    const pulled = await docker('pull', '--platform', 'linux/s390x', 'busybox');
    expect(pulled).toMatch(
      /\nStatus: Image is up to date for busybox:latest\nWARNING: image with reference docker.io\/library\/busybox was found but does not match the specified platform: wanted linux\/s390x, actual: linux\/\w+\n/,
    );
    const run = await subject.docker.run(['run', '--platform', 'linux/s390x', 'busybox', 'true']);
    expect(run.code).toBe(125);
    expect(run.stderr).toMatch(
      /docker: Error response from daemon: image with reference busybox was found but does not match the specified platform: wanted linux\/s390x, actual: linux\/\w+\n/,
    );
    const none = await subject.docker.run(['pull', '--platform', 'nonsense', 'busybox']);
    expect(none).toMatchObject({
      code: 1,
      stderr:
        'Error response from daemon: "nonsense": unknown operating system or architecture: invalid argument\n',
    });
  });

  test('login refuses an address that is none', async () => {
    const { stderr } = await subject.docker.run(
      ['login', '-u', 'me', '--password-stdin', 'BAD NAME'],
      { input: 'secret' },
    );
    expect(stderr).toContain(
      'Error response from daemon: unable to parse server address: parse "https://BAD NAME": invalid character " " in host name',
    );
  });

  test('pulls by digest', async () => {
    const { digest } = subject.registry.storage.pushImage('library/exact', {
      layers: [{ files: [{ name: 'a', content: 'exact' }] }],
    });
    await docker('pull', `exact@${digest}`);
    expect(
      await docker('image', 'inspect', '-f', '{{index .RepoDigests 0}}', `exact@${digest}`),
    ).toBe(`exact@${digest}`);
  });
});

describe('docker images, tag and rmi', () => {
  test('images lists names, tags and sizes', async () => {
    const row = await docker('images', '--format', '{{.Repository}}:{{.Tag}} {{.Size}}', 'busybox');
    expect(row).toMatch(/^busybox:latest \d(\.\d+)?MB$/);
  });

  test('an image goes with its last tag', async () => {
    subject.registry.storage.pushImage('library/tagged', {
      layers: [{ files: [{ name: 'a', content: 'tagged' }] }],
    });
    await docker('pull', 'tagged');
    await docker('tag', 'tagged', 'mine/own:v1');
    expect(await docker('images', '--format', '{{.Repository}}:{{.Tag}}', 'mine/own')).toBe(
      'mine/own:v1',
    );
    expect(await docker('rmi', 'mine/own:v1')).toBe('Untagged: mine/own:v1');
    const removed = await docker('rmi', 'tagged');
    expect(removed).toContain('Untagged: tagged:latest');
    expect(removed).toMatch(/^Deleted: sha256:[0-9a-f]{64}$/m);
    const { code, stderr } = await subject.docker.run(['rmi', 'tagged']);
    expect(code).toBe(1);
    expect(stderr).toContain('No such image: tagged');
  });

  test('rmi refuses an image that a container uses', async () => {
    const id = await docker('create', '--name', 'user', 'busybox');
    const { code, stderr } = await subject.docker.run(['rmi', 'busybox']);
    expect(code).toBe(1);
    expect(stderr).toContain(`container ${id.slice(0, 12)} is using its referenced image`);
    await docker('rm', 'user');
  });

  test('import makes an image of a tar archive, with the changes asked for', async () => {
    const input = writeTar([{ name: 'file', content: 'imported' }]);
    const made = await subject.docker.run(
      ['import', '--change', 'CMD ["/file"]', '-', 'imported:v2'],
      { input },
    );
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/),
    });
    expect(await docker('image', 'inspect', '-f', '{{.Config.Cmd}}', 'imported:v2')).toBe(
      '[/file]',
    );
  });

  test('import from an address downloads it, and tells what a server or the address refuses', async () => {
    const archive = writeTar([{ name: 'file', content: 'imported' }]).toString('base64');
    const script = `require('node:http').createServer((q, s) => {
      if (q.url !== '/file.tar') { s.writeHead(404).end('not here'); return; }
      s.end(Buffer.from('${archive}', 'base64'));
    }).listen(8099, '127.0.0.1', () => console.log('ready'))`;
    const server = new RunningCommand(...subject.namespace.command(process.execPath, '-e', script));
    await server.outputMatching(/ready/);
    try {
      const told = await docker('import', 'http://127.0.0.1:8099/file.tar', 'from-web');
      expect(told).toMatch(
        /^Downloading from http:\/\/127\.0\.0\.1:8099\/file\.tar\n(\n|\s)*sha256:[0-9a-f]{64}$/,
      );
      expect(await docker('image', 'inspect', '-f', '{{.Comment}}', 'from-web')).toBe(
        'Imported from http://127.0.0.1:8099/file.tar',
      );
      const stderrOf = async (address: string) =>
        (await subject.docker.run(['import', address, 'no'])).stderr.trim();
      expect(await stderrOf('http://127.0.0.1:8099/nothing')).toBe(
        'Error response from daemon: failed to GET http://127.0.0.1:8099/nothing with status 404 Not Found: not here',
      );
      expect(await stderrOf('http://127.0.0.1:8098/')).toBe(
        'Error response from daemon: Get "http://127.0.0.1:8098/": dial tcp 127.0.0.1:8098: connect: connection refused',
      );
    } finally {
      server.kill('SIGKILL');
      await server.result;
    }
  });
});
