/** Authorization, redirects and mirrors, against registries in this process. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseReference, withDefaultTag } from '../../formats/reference.ts';
import { systemClock } from '../../host/clock.ts';
import { FaultyRegistry, refuse } from '../../services/images/testing/faulty-registry.ts';
import { REGISTRY_SETTINGS } from '../../services/images/testing/image-world.ts';
import type { Credentials } from '../registry.ts';
import { downloadBlob } from './blob-download.ts';
import { HttpRegistry } from './http-registry.ts';

const signal = new AbortController().signal;
const USER: Credentials = { username: 'ann', password: 'secret' };
const BASIC = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
const image = { layers: [{ files: [{ name: 'f', content: 'x' }] }] };

let registry: FaultyRegistry;
let client: HttpRegistry;
beforeEach(async () => {
  registry = await FaultyRegistry.start();
  client = new HttpRegistry(REGISTRY_SETTINGS, systemClock);
});
afterEach(() => registry[Symbol.asyncDispose]());

function repository(name: string, credentials?: Credentials) {
  return client.repository(
    withDefaultTag(parseReference(`${registry.address}/${name}`)),
    credentials,
  );
}

/** Asks for Basic; lets only Ann in. */
function askForPassword(): void {
  registry.intercept = (request, response) => {
    if (request.headers.authorization === BASIC) return false;
    refuse(response, 401, 'UNAUTHORIZED', 'authentication required', {
      'www-authenticate': 'Basic realm="r"',
    });
    return true;
  };
}

/** A token server beside the registry: tokens `t1`, `t2` …, of which only the newest is good. */
function askForToken(options: { allows?: (authorization?: string) => boolean } = {}) {
  const server = {
    issued: 0,
    requests: [] as { query: URLSearchParams; authorization?: string }[],
  };
  registry.intercept = (request, response) => {
    const { authorization } = request.headers;
    if (request.url?.startsWith('/token')) {
      const query = new URL(request.url, 'http://x').searchParams;
      server.requests.push({ query, ...(authorization && { authorization }) });
      if (options.allows?.(authorization) === false) {
        refuse(response, 401, 'UNAUTHORIZED', 'who is this?');
        return true;
      }
      server.issued++;
      response.end(JSON.stringify({ token: `t${server.issued}`, expires_in: 300 }));
      return true;
    }
    if (authorization === `Bearer t${server.issued}`) return false;
    refuse(response, 401, 'UNAUTHORIZED', 'authentication required', {
      'www-authenticate': `Bearer realm="http://${registry.address}/token",service="reg",scope="repository:a/b:pull"`,
    });
    return true;
  };
  return server;
}

describe('with a password', () => {
  test('lets in whom the registry knows', async () => {
    registry.push('a/b:latest', image);
    askForPassword();
    await repository('a/b', USER).manifest('latest', signal);
  });

  test('says that there is none, as Docker does', async () => {
    askForPassword();
    await expect(repository('a/b').manifest('latest', signal)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(/^Get "http.*": no basic auth credentials$/),
    });
  });

  test('says that it is wrong', async () => {
    askForPassword();
    const wrong = { username: 'ann', password: 'wrong' };
    await expect(repository('a/b', wrong).manifest('latest', signal)).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'unauthorized: authentication required',
    });
  });
});

describe('with tokens', () => {
  test('gets one for the scope that is asked for, and keeps it', async () => {
    const pushed = registry.push('a/b:latest', image);
    const server = askForToken();
    const source = repository('a/b', USER);
    await source.manifest('latest', signal);
    await source.blob(pushed.config.digest as never, 10_000, 'it', signal);
    await repository('a/b', USER).manifest('latest', signal);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.authorization).toBe(BASIC);
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
      service: 'reg',
      scope: 'repository:a/b:pull',
      account: 'ann',
    });
  });

  test('gets another when the registry takes the first no more', async () => {
    registry.push('a/b:latest', image);
    const server = askForToken();
    const source = repository('a/b');
    await source.manifest('latest', signal);
    server.issued++; // as if the token had run out
    await source.manifest('latest', signal);
    expect(server.requests).toHaveLength(2);
  });

  test('a layer whose authorization ran out is refused, and renewed', async () => {
    const pushed = registry.push('a/b:latest', image);
    const server = askForToken();
    const layer = pushed.layers[0] as (typeof pushed.layers)[number];
    const source = repository('a/b');
    await source.manifest('latest', signal);
    server.issued++;
    const sources = source.sources({
      mediaType: '',
      digest: layer.digest as never,
      size: layer.bytes.length,
    });
    const download = async () => {
      const from = await sources.current(signal);
      const options = { source: from, offset: 0, sizeBytes: layer.bytes.length, signal };
      const chunks: Buffer[] = [];
      for await (const chunk of downloadBlob(options)) chunks.push(chunk);
      return chunks;
    };
    const refusal = await download().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'unauthorized' });
    await sources.turnFrom(refusal, signal);
    expect(Buffer.concat(await download())).toEqual(layer.bytes);
  });

  test('says that credentials are wrong', async () => {
    askForToken({ allows: () => false });
    await expect(repository('a/b', USER).manifest('latest', signal)).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'unauthorized: who is this?',
    });
  });

  test('a repository that may not be seen is one that is not there', async () => {
    registry.intercept = (request, response) => {
      if (request.url?.startsWith('/token')) response.end('{"token":"t"}');
      else
        refuse(response, 401, 'UNAUTHORIZED', 'authentication required', {
          'www-authenticate': `Bearer realm="http://${registry.address}/token"`,
        });
      return true;
    };
    await expect(repository('a/b').manifest('latest', signal)).rejects.toMatchObject({
      code: 'not-found',
      message:
        `pull access denied for ${registry.address}/a/b, repository does not exist or may require ` +
        `'docker login': unauthorized: authentication required`,
    });
  });
});

describe('a token server', () => {
  const challengeWith = (realm: string) => {
    registry.intercept = (_, response) => {
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required', {
        'www-authenticate': `Bearer realm="${realm}",service="reg"`,
      });
      return true;
    };
  };

  test('elsewhere, without TLS, gets no password', async () => {
    challengeWith('http://collector.example/token');
    await expect(repository('a/b', USER).manifest('latest', signal)).rejects.toThrow(
      'names a token server without TLS, collector.example: no credentials are sent there',
    );
  });

  test.each(['ftp://x/token', 'file:///etc/passwd', 'nowhere'])('at %s is none', async (realm) => {
    challengeWith(realm);
    await expect(repository('a/b', USER).manifest('latest', signal)).rejects.toThrow(
      'names no usable token server',
    );
  });

  test('that pours is given up on, as is a token that would break out of its header', async () => {
    const answers = [Buffer.alloc(2 << 20, ' '), Buffer.from('{"token":"a\\r\\nX-Evil: 1"}')];
    registry.intercept = (request, response) => {
      if (request.url?.startsWith('/token')) response.end(answers.shift());
      else
        refuse(response, 401, 'UNAUTHORIZED', 'authentication required', {
          'www-authenticate': `Bearer realm="http://${registry.address}/token"`,
        });
      return true;
    };
    const ask = () => repository('a/b', USER).manifest('latest', signal);
    await expect(ask()).rejects.toThrow("the token server's answer is larger than");
    await expect(ask()).rejects.toThrow('token server sends no token');
  });
});

describe('a redirect', () => {
  test('to another host carries no credentials', async () => {
    const pushed = registry.push('a/b:latest', image);
    const layer = pushed.layers[0] as (typeof pushed.layers)[number];
    await using storage = await FaultyRegistry.start();
    storage.setBlob(layer.digest, layer.bytes);
    askForPassword();
    const inner = registry.intercept;
    registry.intercept = (request, response) => {
      if (inner(request, response)) return true;
      if (!request.url?.includes('/blobs/')) return false;
      response.writeHead(307, { location: `http://${storage.address}${request.url}` });
      response.end();
      return true;
    };
    const source = repository('a/b', USER);
    await source.manifest('latest', signal);
    expect(await source.blob(layer.digest as never, 10_000, 'it', signal)).toEqual(layer.bytes);
    expect(registry.requests.at(-1)?.authorization).toBe(BASIC);
    expect(storage.requests).toMatchObject([{ authorization: undefined }]);
  });

  test('without end is given up on', async () => {
    registry.intercept = (request, response) => {
      response.writeHead(302, { location: request.url });
      response.end();
      return true;
    };
    await expect(repository('a/b').manifest('latest', signal)).rejects.toThrow(
      'redirects too often',
    );
  });
});

describe('mirrors', () => {
  test('are passed over when they are down or lack the image', async () => {
    await using empty = await FaultyRegistry.start();
    registry.push('library/a:latest', image);
    const mirrors = [
      'http://127.0.0.1:9', // discard: nobody listens
      `http://${empty.address}`,
      `http://${registry.address}`,
    ];
    client = new HttpRegistry(
      { ...REGISTRY_SETTINGS, mirrors: { 'docker.io': mirrors } },
      systemClock,
    );
    const source = client.repository(parseReference('a:latest'), USER);
    await source.manifest('latest', signal);
    expect(empty.requests).toHaveLength(1);
    expect(registry.requests).toMatchObject([{ authorization: undefined }]);
  });
});

test('what a mirror answers is told when the registry itself cannot be reached', async () => {
  const mirrors = [`http://${registry.address}`, 'http://127.0.0.1:9'];
  client = new HttpRegistry(
    { ...REGISTRY_SETTINGS, mirrors: { 'docker.io': mirrors } },
    systemClock,
  );
  const offline = client.repository(parseReference('none:v1'));
  await expect(offline.manifest('v1', signal)).rejects.toThrow('manifest for none:v1 not found');
});

test('a manifest under a digest must be that manifest', async () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  const { manifest } = registry.push('a:latest', image);
  registry.pushManifest('b:latest', { ...manifest, digest });
  await expect(repository('b').manifest(digest, signal)).rejects.toThrow(
    `manifest verification failed for digest ${digest}`,
  );
});

test('tags() follows the pages', async () => {
  registry.intercept = (request, response) => {
    const isFirst = !request.url?.includes('last=');
    response.writeHead(200, isFirst ? { link: '</v2/a/tags/list?last=b>; rel="next"' } : {});
    response.end(JSON.stringify({ tags: isFirst ? ['a', 'b'] : ['c'] }));
    return true;
  };
  expect(await repository('a').tags(signal)).toEqual(['a', 'b', 'c']);
});

test('an abort ends a request that hangs', async () => {
  registry.intercept = () => true;
  const client = new AbortController();
  const request = repository('a').manifest('latest', client.signal);
  await expect.poll(() => registry.requests.length).toBe(1);
  client.abort(new Error('gone'));
  await expect(request).rejects.toThrow('gone');
});
