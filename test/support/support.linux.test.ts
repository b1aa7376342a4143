/** The parts that the kernel tests stand on, tried without the engine. */
import { describe, expect, test } from 'vitest';
import { flags } from './command.ts';
import { Dockerd } from './dockerd.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { REGISTRY_LOGIN, Registry } from './registry.ts';

describe('Registry', () => {
  test('serves busybox inside its namespace, and nowhere else', async () => {
    await using namespace = await NetworkNamespace.create();
    await using registry = await Registry.start({ namespace });
    const tags = `${registry.url}/v2/library/busybox/tags/list`;
    expect(await namespace.run('curl', '-sS', tags)).toContain('"tags":["latest"]');
    await expect(fetch(tags)).rejects.toThrow('fetch failed');
  });

  test('asks for its login over TLS when told to', async () => {
    await using namespace = await NetworkNamespace.create();
    await using registry = await Registry.start({ namespace, tls: true, basicAuth: true });
    const status = (...args: string[]): Promise<string> =>
      namespace.run(
        'curl',
        '-sS',
        ...flags({ '-o': '/dev/null', '-w': '%{http_code}', '--cacert': registry.caFile }),
        ...args,
        `${registry.url}/v2/`,
      );
    expect(await status()).toBe('401');
    const login = `${REGISTRY_LOGIN.username}:${REGISTRY_LOGIN.password}`;
    expect(await status('--user', login)).toBe('200');
  });
});

describe('Dockerd', () => {
  test('runs the image that the registry stand-in serves', async () => {
    await using dockerd = await Dockerd.start();
    dockerd.registry.storage.pushManifestList(
      'library/many',
      [
        { layers: [{ files: [{ name: 'hello', content: 'zstd' }], compression: 'none' }] },
        { layers: [{ files: [] }], architecture: 's390x' },
      ],
      'oci',
    );
    expect(await dockerd.docker.ok('run', '--rm', 'busybox', 'echo', 'hello')).toBe('hello');
    await dockerd.docker.ok('pull', 'many');
    expect(await dockerd.docker.ok('image', 'inspect', '-f', '{{.Architecture}}', 'many')).toBe(
      process.arch === 'x64' ? 'amd64' : process.arch,
    );
  });
});
