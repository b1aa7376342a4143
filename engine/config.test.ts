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
    expect(config).toMatchObject({ logLevel: 'debug', mtu: 1400, registryMirrors: ['http://m'] });
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
    expect(config.registryMirrors).toEqual(['http://file', 'http://flag']);
    expect(config.runtimes).toEqual({ other: '/usr/bin/other' });
    expect(config.logOptions).toEqual({ 'max-size': '1m' });
    expect(config.defaultUlimits).toEqual(['nofile=10:20']);
  });

  test.each([
    [['--data-rot', 'x'], 'unknown flag: --data-rot (did you mean data-root?)'],
    [['--swarm-default-advertise-addr', 'x'], /^unknown flag: --swarm-default-advertise-addr$/],
    [['--data-root'], 'flag needs an argument: --data-root'],
    [['--mtu', 'big'], 'a whole number'],
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
