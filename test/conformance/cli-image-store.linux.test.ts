/** `docker images`, `history`, `rmi`, `image prune` and `system df`: what is here, and what it takes. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ImageSpec } from '../support/image-layout.ts';
import { startSubject, SUBJECT, type Subject } from './subject.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
});
afterAll(() => subject.close());
afterEach(async () => {
  const ids = await lines('ps', '-aq');
  if (ids.length > 0) await docker('rm', '-f', ...ids);
  const names = (await lines('images', '-aq', '--no-trunc')).filter((id) => id !== busybox);
  if (names.length > 0) await docker('rmi', '-f', ...new Set(names));
});

let busybox: string;
beforeAll(async () => {
  busybox = await docker('images', '-q', '--no-trunc', 'busybox');
});

const docker = (...args: string[]): Promise<string> => subject.docker.ok(...args);
const lines = async (...args: string[]): Promise<string[]> =>
  (await docker(...args)).split('\n').filter((line) => line !== '');
const refused = async (...args: string[]): Promise<string> => {
  const { code, stderr } = await subject.docker.run(args);
  expect(code).toBe(1);
  return stderr.trim();
};
const layer = (content: string) => ({ files: [{ name: `file-${content.length}`, content }] });

/** Pulls an image of that name; returns its id. */
async function bring(name: string, spec: Partial<ImageSpec> = {}): Promise<string> {
  subject.registry.storage.pushImage(`library/${name}`, { layers: [layer(name)], ...spec });
  await docker('pull', '--quiet', name);
  return docker('images', '-q', '--no-trunc', name);
}

const short = (id: string): string => id.slice('sha256:'.length).slice(0, 12);

describe('docker images', () => {
  const names = (...args: string[]) =>
    lines('images', '--format', '{{.Repository}}:{{.Tag}}', ...args);

  test('goes by every filter', async () => {
    await bring('old', { created: '2020-01-01T00:00:00Z', config: { Labels: { tier: 'web' } } });
    await bring('new', { created: '2030-01-01T00:00:00Z' });
    const moved = await bring('moved');
    await docker('tag', 'old', 'team/old:v1');
    await docker('tag', 'old', 'moved');
    expect(await names('-f', 'label=tier=web')).toHaveLength(3);
    expect(await names('-f', 'before=new', '-f', 'since=old')).toContain('busybox:latest');
    expect(await names('-f', 'since=moved')).toContain('new:latest');
    expect(await names('-f', 'reference=team/*')).toEqual(['team/old:v1']);
    expect(await names('-f', 'reference=*/*:v[0-9]')).toEqual(['team/old:v1']);
    expect(await lines('images', '-q', '--no-trunc', '-f', 'dangling=true')).toEqual([moved]);
    expect(await names('-f', 'dangling=false')).not.toContain('<none>:<none>');
    expect(await refused('images', '-f', 'nonsense=1')).toMatch(/invalid filter 'nonsense'/i);
    expect(await refused('images', '-f', 'before=nothing')).toContain(
      'No such image: nothing:latest',
    );
  });

  test('knows the one filter of clients before API 1.41, and later no more', async () => {
    await bring('one');
    const named = async (version: string) => {
      const { text } = await subject.request(`/${version}/images/json?filter=one`);
      return (JSON.parse(text) as { RepoTags: string[] }[]).flatMap(({ RepoTags }) => RepoTags);
    };
    expect(await named('v1.40')).toEqual(['one:latest']);
    expect((await named('v1.41')).toSorted()).toEqual(['busybox:latest', 'one:latest']);
  });

  test('shows digests, sizes and ids', async () => {
    const { digest } = subject.registry.storage.pushImage('library/sized', {
      layers: [layer('x'.repeat(1234))],
    });
    await docker('pull', '--quiet', 'sized');
    const id = await docker('image', 'inspect', '-f', '{{.Id}}', 'sized');
    expect(
      await docker('images', '--format', '{{.ID}} {{.Digest}} {{.Size}}', '--digests', 'sized'),
    ).toBe(`${short(id)} ${digest} 1.23kB`);
    expect(await docker('images', '--no-trunc', '--format', '{{.ID}}', 'sized')).toBe(id);
    expect(await docker('images', '--format', '{{.Containers}} {{.SharedSize}}', 'sized')).toBe(
      'N/A N/A',
    );
  });
});

test('docker history tells which step made which bytes', async () => {
  const id = await bring('steps', { layers: [layer('12345'), layer('123')] });
  const row = '{{.ID}} {{.Size}} {{.CreatedBy}}';
  const diffIds = (await docker('image', 'inspect', '-f', '{{join .RootFS.Layers " "}}', id)).split(
    ' ',
  );
  expect(await lines('history', '--no-trunc', '--format', row, 'steps')).toEqual([
    `${id} 3B add ${diffIds[1]}`,
    `<missing> 5B add ${diffIds[0]}`,
  ]);
});

describe('docker rmi', () => {
  test('takes names one by one, and the image with its layers at the end', async () => {
    const id = await bring('many', { layers: [layer('aa'), layer('b')] });
    await docker('tag', 'many', 'more:v1');
    expect(await lines('rmi', 'more:v1')).toEqual(['Untagged: more:v1']);
    const done = await lines('rmi', 'many');
    expect(done.slice(0, 3)).toEqual([
      'Untagged: many:latest',
      expect.stringMatching(/^Untagged: many@sha256:/),
      `Deleted: ${id}`,
    ]);
    expect(done).toHaveLength(5);
  });

  test('by id refuses several repositories until it is forced', async () => {
    const id = await bring('many');
    await docker('tag', 'many', 'other/more:v1');
    expect(await refused('rmi', short(id))).toBe(
      `Error response from daemon: conflict: unable to delete ${short(id)} (must be forced) - ` +
        'image is referenced in multiple repositories',
    );
    expect(await lines('rmi', '-f', short(id))).toContain('Untagged: other/more:v1');
  });

  test('refuses what containers use, in the words that tools look for', async () => {
    const user = await docker('create', 'busybox');
    const using = `container ${user.slice(0, 12)}`;
    expect(await refused('rmi', 'busybox')).toBe(
      'Error response from daemon: conflict: unable to remove repository reference "busybox" ' +
        `(must force) - ${using} is using its referenced image ${short(busybox)}`,
    );
    expect(await refused('rmi', busybox)).toBe(
      `Error response from daemon: conflict: unable to delete ${short(busybox)} (must be forced) - ` +
        `image is being used by stopped ${using}`,
    );
    const runner = await docker('run', '-d', 'busybox', 'sleep', '60');
    await docker('rm', user);
    expect(await refused('rmi', '-f', busybox)).toBe(
      `Error response from daemon: conflict: unable to delete ${short(busybox)} (cannot be forced) - ` +
        `image is being used by running container ${runner.slice(0, 12)}`,
    );
  });
});

describe('docker image prune', () => {
  test('removes nameless images, and with -a whatever no container uses', async () => {
    const moved = await bring('moved', { layers: [layer('x'.repeat(1000)), layer('y')] });
    await bring('kept', { layers: [layer('x'.repeat(1000))] });
    await docker('tag', 'kept', 'moved');
    const dangling = await docker('image', 'prune', '-f');
    expect(dangling).toContain(`deleted: ${moved}`);
    expect(dangling).toContain('Total reclaimed space: 1B');
    await docker('create', 'busybox');
    const all = await docker('image', 'prune', '-a', '-f');
    expect(all).toContain('untagged: kept:latest');
    expect(all).toContain('Total reclaimed space: 1kB');
    expect(await lines('images', '-q', '--no-trunc')).toEqual([busybox]);
  });

  test('goes by label', async () => {
    await bring('labelled', { config: { Labels: { keep: 'yes' } } });
    await docker('image', 'prune', '-a', '-f', '--filter', 'label!=keep');
    expect(await lines('images', '--format', '{{.Repository}}')).toEqual(['labelled']);
    await docker('rmi', 'labelled');
    await docker('pull', '--quiet', 'busybox');
  });
});

describe('docker system df', () => {
  test('sums up images, containers and volumes, and what of them could go', async () => {
    await bring('a', { layers: [layer('x'.repeat(3_000_000)), layer('y'.repeat(1_000_000))] });
    await bring('b', { layers: [layer('x'.repeat(3_000_000))] });
    await docker('create', '-v', 'data:/data', 'busybox');
    const rows = await lines('system', 'df', '--format', '{{.Type}}|{{.TotalCount}}|{{.Active}}');
    expect(rows).toEqual(['Images|3|1', 'Containers|1|0', 'Local Volumes|1|1', 'Build Cache|0|0']);
    const reclaimable = await lines('system', 'df', '--format', '{{.Reclaimable}}');
    expect(reclaimable[0]).toMatch(/^4MB \(\d+%\)$/);
    await docker('rm', ...(await lines('ps', '-aq')));
    await docker('volume', 'rm', 'data');
  });

  test('counts the files of a volume, each once, and no folders', async () => {
    const volumeSize = async () =>
      (await lines('system', 'df', '--format', '{{.Type}} {{.Size}}'))[2];
    await docker('volume', 'create', 'data');
    expect(await volumeSize()).toBe('Local Volumes 0B');
    const fill = 'mkdir /d/f && head -c 5000 /dev/zero > /d/f/a && ln /d/f/a /d/b && ln -s a /d/c';
    await docker('run', '--rm', '-v', 'data:/d', 'busybox', 'sh', '-c', fill);
    expect(await volumeSize()).toBe('Local Volumes 5.001kB');
    await docker('volume', 'rm', 'data');
  });

  test('-v shows what each has alone and what it shares', async () => {
    await bring('a', { layers: [layer('x'.repeat(3_000_000)), layer('y'.repeat(1_000_000))] });
    await bring('b', { layers: [layer('x'.repeat(3_000_000))] });
    await docker('run', '--name', 'writer', 'busybox', 'sh', '-c', 'echo hello > /file');
    const shown = await docker('system', 'df', '-v');
    const row = (name: string) =>
      shown
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(/\s{2,}/) ?? [];
    expect(row('a').slice(4)).toEqual(['4MB', '3MB', '1MB', '0']);
    expect(row('b').slice(4)).toEqual(['3MB', '3MB', '0B', '0']);
    expect(row('busybox').at(-1)).toBe('1');
    expect(shown).toMatch(/writer/);
  });

  test.runIf(SUBJECT === 'gantryd')('counts what is asked for alone', async () => {
    const { status, text } = await subject.request('/v1.50/system/df?type=volume&type=build-cache');
    expect([status, JSON.parse(text)]).toEqual([
      200,
      { LayersSize: 0, Images: null, Containers: null, Volumes: [], BuildCache: [] },
    ]);
    const wrong = await subject.request('/v1.50/system/df?type=everything');
    expect([wrong.status, JSON.parse(wrong.text)]).toEqual([
      400,
      { message: 'unknown object type: everything' },
    ]);
  });
});
