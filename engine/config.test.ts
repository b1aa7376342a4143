import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(document: unknown): string {
  const path = join(folder, 'daemon.json');
  writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
  return path;
}

describe('readConfig()', () => {
  test('takes dockerd flags in each of their spellings', () => {
    const config = readConfig(
      [
        '-H',
        'unix:///a.sock',
        '--host=tcp://127.0.0.1:2376',
        '-D',
        '--mtu',
        '1400',
        '--registry-mirror=http://m',
      ],
      {},
    );
    expect(config.hosts).toEqual(['unix:///a.sock', 'tcp://127.0.0.1:2376']);
    expect(config).toMatchObject({
      logLevel: 'debug',
      mtu: 1400,
      registryMirrors: { 'docker.io': ['http://m'] },
    });
  });

  test('puts the socket below the run directory when no host is named', () => {
    expect(readConfig(['--exec-root', '/r'], {}).hosts).toEqual(['unix:///r/gantry.sock']);
  });

  test("takes dockerd's config file, lists of both added up", () => {
    const path = fileWith({
      hosts: ['unix:///f.sock'],
      'registry-mirrors': ['http://file'],
      runtimes: { other: { path: '/usr/bin/other' } },
      'log-opts': { 'max-size': '1m' },
      'default-ulimits': { nofile: { Name: 'nofile', Soft: 10, Hard: 20 } },
    });
    const config = readConfig(['--config-file', path, '--registry-mirror', 'http://flag'], {});
    expect(config.registryMirrors).toEqual({ 'docker.io': ['http://file', 'http://flag'] });
    expect(config.runtimes).toEqual({ other: '/usr/bin/other' });
    expect(config.logOptions).toEqual({ 'max-size': '1m' });
    expect(config.defaultUlimits).toEqual(['nofile=10:20']);
  });

  test('takes mirrors for each registry, from the file and from flags', () => {
    const path = fileWith({
      'registry-mirrors': { 'docker.io': ['http://one', 'http://two'], 'ghcr.io': 'https://three' },
    });
    const flags = ['--config-file', path, '--registry-mirror', 'quay.io=https://four/a=b'];
    expect(readConfig(flags, {}).registryMirrors).toEqual({
      'docker.io': ['http://one', 'http://two'],
      'ghcr.io': ['https://three'],
      'quay.io': ['https://four/a=b'],
    });
  });

  test('takes proxies from the file, from flags, or from the environment', () => {
    const environment = { HTTP_PROXY: 'http://a', https_proxy: 'http://b', NO_PROXY: 'c' };
    expect(readConfig([], environment).proxies).toEqual({
      http: 'http://a',
      https: 'http://b',
      none: 'c',
    });
    const path = fileWith({ proxies: { 'http-proxy': 'http://file', 'no-proxy': '*.test' } });
    const flags = ['--config-file', path, '--https-proxy', 'http://flag'];
    expect(readConfig(flags, environment).proxies).toEqual({
      http: 'http://file',
      https: 'http://flag',
      none: '*.test',
    });
  });

  test.each([
    [['--data-rot', 'x'], 'unknown flag: --data-rot (did you mean data-root?)'],
    [['--swarm-default-advertise-addr', 'x'], /^unknown flag: --swarm-default-advertise-addr$/],
    [['--data-root'], 'flag needs an argument: --data-root'],
    [['--mtu', 'big'], 'a whole number'],
    [['--registry-mirror', 'mirror.example'], 'invalid mirror: "mirror.example"'],
    [['--registry-mirror', 'https://u:p@mirror.example'], 'more than a host and a path'],
    [['--max-concurrent-downloads', '0'], 'at least 1'],
    [['stray'], 'unexpected argument: stray'],
    [['--live-restore=false'], 'containers always outlive the engine'],
    [['--storage-driver', 'btrfs'], 'storage driver btrfs is not supported'],
    [['-H', 'http://x'], 'invalid host http://x'],
    [['--log-level', 'loud'], 'invalid log level loud'],
  ])('refuses %j', (args, message) => {
    expect(() => readConfig(args, {})).toThrow(message);
  });

  test('refuses an unknown key, a doubled option and a broken file', () => {
    const refuse = (document: unknown, ...args: string[]) =>
      expect(() => readConfig(['--config-file', fileWith(document), ...args], {}));
    refuse({ 'registry-mirror': [] }).toThrow('did you mean registry-mirrors?');
    refuse({ mtu: 1 }, '--mtu', '2').toThrow('both as a flag and in the config file');
    refuse('{').toThrow('is not JSON');
    expect(() => readConfig(['--config-file', '/nowhere.json'], {})).toThrow(
      'cannot read the config file',
    );
  });
});
