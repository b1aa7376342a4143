/** Searches, logins and lookups, against registries in this process. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HttpRegistry } from '../../drivers/registry/http-registry.ts';
import { NO_PROXIES } from '../../drivers/registry/proxies.ts';
import { parseReference } from '../../formats/reference.ts';
import { systemClock } from '../../host/clock.ts';
import { FaultyRegistry, refuse } from '../images/testing/faulty-registry.ts';
import { RegistryService } from './registry-service.ts';

const signal = new AbortController().signal;
const none = new Map<string, string[]>();

let registry: FaultyRegistry;
let service: RegistryService;
beforeEach(async () => {
  registry = await FaultyRegistry.start();
  service = serviceWith({});
});
afterEach(() => registry[Symbol.asyncDispose]());

function serviceWith(mirrors: Record<string, string[]>): RegistryService {
  const settings = {
    mirrors,
    insecure: [],
    certificates: '/nonexistent',
    proxies: NO_PROXIES,
    silenceMs: 5_000,
  };
  return new RegistryService(new HttpRegistry(settings, systemClock));
}

describe('search()', () => {
  const found = (name: string, star_count: number, is_official = false) => ({
    name,
    star_count,
    is_official,
    is_automated: false,
    description: `about ${name}`,
  });
  const names = async (filters: Record<string, string[]>, limit?: number) => {
    const query = {
      term: `${registry.address}/box`,
      limit,
      filters: new Map(Object.entries(filters)),
    };
    return (await service.search(query, signal)).map(({ name }) => name);
  };
  beforeEach(() => {
    registry.intercept = (request, response) => {
      if (!request.url?.startsWith('/v1/search?')) return false;
      const results = [found('box', 900, true), found('a/box', 30), found('b/box', 2)];
      response.end(JSON.stringify({ query: 'box', num_results: 3, results }));
      return true;
    };
  });

  test('asks the host named before the term', async () => {
    const query = { term: `${registry.address}/box`, limit: undefined, filters: none };
    expect((await service.search(query, signal))[0]).toEqual(found('box', 900, true));
    expect(registry.requests.at(-1)?.path).toBe('/v1/search?q=box&n=25');
  });

  test('asks mirrors of Docker Hub before Docker Hub', async () => {
    service = serviceWith({ 'docker.io': [`http://${registry.address}`] });
    expect(
      await service.search({ term: 'library/box', limit: 2, filters: none }, signal),
    ).toHaveLength(2);
    expect(registry.requests.at(-1)?.path).toBe('/v1/search?q=box&n=2');
  });

  test('filters what was found', async () => {
    expect(await names({ 'is-official': ['true'] })).toEqual(['box']);
    expect(await names({ 'is-official': ['false'], stars: ['3'] })).toEqual(['a/box']);
    expect(await names({ 'is-automated': ['true'] })).toEqual([]);
  });

  test('refuses what Docker refuses', async () => {
    const expectRefusal = (filters: Record<string, string[]>, limit?: number) =>
      expect(names(filters, limit)).rejects;
    await expectRefusal({ color: ['red'] }).toThrow("invalid filter 'color'");
    await expectRefusal({ stars: ['many'] }).toThrow("invalid filter 'stars=many'");
    await expectRefusal({ 'is-official': ['maybe'] }).toThrow(
      "invalid filter 'is-official=[maybe]'",
    );
    await expectRefusal({}, 101).toThrow('limit 101 is outside the range of [1, 100]');
    const withScheme = { term: 'https://x/y', limit: undefined, filters: none };
    await expect(service.search(withScheme, signal)).rejects.toThrow('should not have a scheme');
  });

  test('tells what a registry that cannot search answers', async () => {
    registry.intercept = (_, response) => {
      refuse(response, 404, 'UNSUPPORTED', 'no');
      return true;
    };
    await expect(names({})).rejects.toThrow('Unexpected status code 404');
    registry.intercept = (_, response) => {
      response.end('<html>');
      return true;
    };
    await expect(names({})).rejects.toThrow('something else than a list');
  });
});

describe('login()', () => {
  test('succeeds where nobody asks', async () => {
    registry.intercept = (_, response) => {
      response.end('{}');
      return true;
    };
    const nobody = { username: 'ann', password: 'x' };
    expect(await service.login(registry.address, nobody, signal)).toBe('');
  });

  test('shows a password once asked, and never over a second line', async () => {
    registry.intercept = (request, response) => {
      const isKnown = request.headers.authorization === `Basic ${btoa('ann:secret')}`;
      if (isKnown) response.end('{}');
      else refuse(response, 401, 'UNAUTHORIZED', 'no', { 'www-authenticate': 'Basic realm="r"' });
      return true;
    };
    const ann = { username: 'ann', password: 'secret' };
    expect(await service.login(`http://${registry.address}/v1/`, ann, signal)).toBe('');
    expect(registry.requests.map(({ authorization }) => authorization !== undefined)).toEqual([
      false,
      true,
    ]);
    await expect(
      service.login(registry.address, { ...ann, password: 'wrong' }, signal),
    ).rejects.toMatchObject({
      code: 'unauthorized',
      message: `login attempt to http://${registry.address}/v2/ failed with status: 401 Unauthorized`,
    });
  });
});

describe('inspect()', () => {
  const layers = [{ files: [{ name: 'f', content: 'x' }] }];
  const at = (name: string) => parseReference(`${registry.address}/${name}`);

  test('tells digest, size and platform of an image', async () => {
    const image = registry.push('a:latest', { layers, architecture: 'arm64', variant: 'v8' });
    expect(await service.inspect(at('a'), undefined, signal)).toEqual({
      Descriptor: {
        mediaType: image.manifest.mediaType,
        digest: image.manifest.digest,
        size: image.manifest.bytes.length,
      },
      Platforms: [{ architecture: 'arm64', os: 'linux', variant: 'v8' }],
    });
  });

  test('tells the platforms of a list, and fetches nothing below it', async () => {
    registry.pushList('many:latest', [
      { layers, architecture: 'amd64' },
      { layers, architecture: 's390x' },
    ]);
    const { Platforms } = await service.inspect(at('many'), undefined, signal);
    expect(Platforms.map(({ architecture }) => architecture)).toEqual(['amd64', 's390x']);
    expect(registry.requests).toHaveLength(1);
  });

  test('says what is not there', async () => {
    await expect(service.inspect(at('none'), undefined, signal)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('manifest unknown'),
    });
  });
});
