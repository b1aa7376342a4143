/** `docker cp`, `diff` and `export` through the real docker CLI, and what the CLI cannot say at the API. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { writeTar, type TarEntry } from '../support/tar-writer.ts';
import { startSubject, SUBJECT, type Subject } from './subject.ts';

let subject: Subject;
const folder = mkdtempSync(join(tmpdir(), 'gantry-copy-'));
const SETUP = [
  'mkdir -p /d/sub /empty; echo hi > /d/file; chown 12:34 /d/file; chmod 4750 /d/file',
  'touch -d @1500000000 /d/file; echo x > /d/sub/x; ln -s file /d/link; ln -s /d /to-d',
  'ln -s nowhere /broken; ln /d/file /d/zhard; mkfifo /d/pipe; mknod /d/null c 1 3; rm /etc/group',
  'chmod 700 /root; touch /ready; exec sleep 3600',
];
beforeAll(async () => {
  subject = await startSubject();
  mkdirSync(join(folder, 'bound'));
  writeFileSync(join(folder, 'bound/inside'), 'of the host');
  await docker(
    ...['run', '-d', '--name', 'box', '-v', 'data:/data', '-v', `${folder}/bound:/bound:ro`],
    ...['busybox', 'sh', '-c', SETUP.join('\n')],
  );
  await eventually('the container is set up', () => docker('exec', 'box', 'ls', '/ready'));
});
afterAll(async () => {
  await subject?.close();
  rmSync(folder, { recursive: true, force: true });
});
let out: string;
beforeEach(() => {
  out = mkdtempSync(join(folder, 'out-'));
});

const docker = (...args: string[]): Promise<string> => subject.docker.ok(...args);
const inBox = (script: string): Promise<string> => docker('exec', 'box', 'sh', '-c', script);
const refusalOf = async (...args: string[]): Promise<string> => {
  const { code, stderr } = await subject.docker.run(args);
  expect(code).toBe(1);
  return stderr;
};
const put = (container: string, query: Record<string, string>, body: Buffer) =>
  subject.request(`/containers/${container}/archive?${new URLSearchParams(query).toString()}`, {
    method: 'PUT',
    body,
  });
const files = (...entries: TarEntry[]): Buffer => writeTar(entries);
const namesOf = (archive: Buffer): string[] =>
  execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' }).trim().split('\n');

describe('docker cp from a container', () => {
  test('brings a file with its mode and time', async () => {
    await docker('cp', 'box:/d/file', join(out, 'copy'));
    const { mode, mtimeMs } = statSync(join(out, 'copy'));
    expect([mode & 0o777, mtimeMs]).toEqual([0o750, 1_500_000_000_000]);
    expect(readFileSync(join(out, 'copy'), 'utf8')).toBe('hi\n');
  });

  test('brings a directory under its own name into one that exists, else under the new one', async () => {
    await docker('cp', 'box:/d/sub', out);
    await docker('cp', 'box:/d/sub', join(out, 'new'));
    await docker('cp', 'box:/d/sub/.', join(out, 'content'));
    for (const path of ['sub/x', 'new/x', 'content/x'])
      expect(readFileSync(join(out, path), 'utf8')).toBe('x\n');
  });

  test('brings a link as a link, what it leads to with -L or a slash after it', async () => {
    await docker('cp', 'box:/to-d', out);
    expect(readlinkSync(join(out, 'to-d'))).toBe('/d');
    await docker('cp', '-L', 'box:/to-d', join(out, 'followed'));
    await docker('cp', 'box:/to-d/sub/', join(out, 'through'));
    expect(readFileSync(join(out, 'followed/file'), 'utf8')).toBe('hi\n');
    expect(readFileSync(join(out, 'through/x'), 'utf8')).toBe('x\n');
    await docker('cp', 'box:/broken', out);
    expect(readlinkSync(join(out, 'broken'))).toBe('nowhere');
  });

  test('streams an archive to stdout: links, hard links, FIFOs and devices, in order', async () => {
    const { stdoutBytes } = await subject.docker.run(['cp', 'box:/d', '-']);
    const listing = execFileSync('tar', ['-tvf', '-', '--numeric-owner'], {
      input: stdoutBytes,
      encoding: 'utf8',
    });
    const entries = listing.trim().split('\n');
    expect(entries.map((line) => line.replace(/\s+/g, ' ').replace(/ \d{4}-\S+ \S+/, ''))).toEqual([
      'drwxr-xr-x 0/0 0 d/',
      '-rwsr-x--- 12/34 3 d/file',
      'lrwxrwxrwx 0/0 0 d/link -> file',
      'crw-r--r-- 0/0 1,3 d/null',
      'prw-r--r-- 0/0 0 d/pipe',
      'drwxr-xr-x 0/0 0 d/sub/',
      '-rw-r--r-- 0/0 2 d/sub/x',
      'hrwsr-x--- 12/34 0 d/zhard link to d/file',
    ]);
  });

  test('finds what is in volumes, binds and the files the engine mounts', async () => {
    await inBox('echo kept > /data/kept');
    await docker('cp', 'box:/data/kept', out);
    await docker('cp', 'box:/bound/inside', out);
    await docker('cp', 'box:/etc/hosts', out);
    expect(readFileSync(join(out, 'kept'), 'utf8')).toBe('kept\n');
    expect(readFileSync(join(out, 'inside'), 'utf8')).toBe('of the host');
    expect(readFileSync(join(out, 'hosts'), 'utf8')).toContain('localhost');
  });

  test('says what is missing', async () => {
    expect(await refusalOf('cp', 'box:/nope', out)).toContain(
      'Could not find the file /nope in container box',
    );
    expect(await refusalOf('cp', 'nobody:/x', out)).toContain('No such container: nobody');
  });
});

describe('docker cp into a container', () => {
  test('makes a file or directory, follows a link to a directory, keeps what is beside it', async () => {
    mkdirSync(join(out, 'tree/deep'), { recursive: true });
    writeFileSync(join(out, 'tree/deep/leaf'), 'leaf');
    symlinkSync('deep/leaf', join(out, 'tree/link'));
    utimesSync(join(out, 'tree/deep'), 1_400_000_000, 1_400_000_000);
    await docker('cp', join(out, 'tree'), 'box:/d/sub');
    await docker('cp', join(out, 'tree/deep/leaf'), 'box:/to-d/renamed');
    await docker('cp', `${join(out, 'tree')}/.`, 'box:/empty');
    expect(await inBox('cat /d/sub/tree/link /d/renamed /empty/deep/leaf; ls /d/sub/x')).toBe(
      'leafleafleaf/d/sub/x',
    );
    expect(await inBox('stat -c %Y /d/sub/tree/deep')).toBe('1400000000');
    await inBox('rm -rf /d/sub/tree /d/renamed /empty/*');
  });

  test('takes an archive from stdin', async () => {
    const input = files({ name: 'a/', type: 'directory' }, { name: 'a/b', content: 'b' });
    const { code } = await subject.docker.run(['cp', '-', 'box:/empty'], { input });
    expect([code, await inBox('cat /empty/a/b; rm -r /empty/a')]).toEqual([0, 'b']);
  });

  test('keeps the owners of the archive, and gives files to the container’s user with -a', async () => {
    await docker('run', '-d', '--name', 'user', '-u', '77:88', 'busybox', 'sleep', '3600');
    writeFileSync(join(out, 'mine'), '');
    execFileSync('chown', ['12:34', join(out, 'mine')]);
    await docker('cp', join(out, 'mine'), 'user:/plain');
    await docker('cp', '-a', join(out, 'mine'), 'user:/archived');
    const owners = await docker('exec', 'user', 'stat', '-c', '%u:%g', '/plain', '/archived');
    expect(owners.split('\n')).toEqual(['12:34', '77:88']);
    await docker('rm', '-f', 'user');
  });

  test('refuses what may not be written', async () => {
    writeFileSync(join(out, 'new'), 'new');
    expect(await refusalOf('cp', join(out, 'new'), 'box:/bound')).toContain(
      'mounted volume is marked read-only',
    );
    await docker(
      ...['run', '-d', '--name', 'ro', '--read-only', '-v', 'data:/data', 'busybox'],
      ...['sleep', '3600'],
    );
    expect(await refusalOf('cp', join(out, 'new'), 'ro:/etc')).toContain(
      'container rootfs is marked read-only',
    );
    await docker('cp', join(out, 'new'), 'ro:/data');
    expect(await docker('exec', 'ro', 'cat', '/data/new')).toBe('new');
    await docker('rm', '-f', 'ro');
    expect(existsSync(join(folder, 'bound/new'))).toBe(false);
  });

  test('refuses to put a directory in the place of a file, or the other way round', async () => {
    mkdirSync(join(out, 'file'));
    writeFileSync(join(out, 'sub'), '');
    expect(await refusalOf('cp', join(out, 'file'), 'box:/d')).toContain(
      'cannot overwrite non-directory "/d/file" with directory "/d"',
    );
    expect(await refusalOf('cp', join(out, 'sub'), 'box:/d')).toContain(
      'cannot overwrite directory "/d/sub" with non-directory "/d"',
    );
  });

  test('works on a container that never ran: image, volumes and binds', async () => {
    writeFileSync(join(out, 'early'), 'early');
    await docker(
      ...['create', '--name', 'later', '-v', 'early:/vol/deep', '-v', `${folder}/bound:/b`],
      ...['busybox', 'cat', '/vol/deep/early', '/etc/early', '/b/early'],
    );
    for (const path of ['/vol/deep', '/etc', '/b'])
      await docker('cp', join(out, 'early'), `later:${path}`);
    await docker('cp', 'later:/vol/deep/early', join(out, 'back'));
    expect(readFileSync(join(out, 'back'), 'utf8')).toBe('early');
    expect(readFileSync(join(folder, 'bound/early'), 'utf8')).toBe('early');
    expect(await docker('start', '-a', 'later')).toBe('earlyearlyearly');
    await docker('cp', 'later:/etc/early', join(out, 'after'));
    expect(readFileSync(join(out, 'after'), 'utf8')).toBe('early');
    await docker('rm', '-v', 'later');
  });
});

describe('the archive routes', () => {
  const statHeader = async (path: string) => {
    const { headers } = await subject.request(
      `/containers/box/archive?path=${encodeURIComponent(path)}`,
      { method: 'HEAD' },
    );
    const text = Buffer.from(String(headers['x-docker-container-path-stat']), 'base64').toString();
    return JSON.parse(text) as Record<string, unknown>;
  };

  test('HEAD tells name, size, mode, time and where a link leads', async () => {
    expect(await statHeader('/d/file')).toMatchObject({
      name: 'file',
      size: 3,
      mode: 0o750 + 2 ** 23,
      linkTarget: '',
    });
    expect(Date.parse((await statHeader('/d/file'))['mtime'] as string)).toBe(1_500_000_000_000);
    expect(await statHeader('/to-d')).toMatchObject({ name: 'to-d', linkTarget: '/d' });
    expect(await statHeader('/to-d/')).toMatchObject({ name: 'to-d', mode: 0o755 + 2 ** 31 });
    expect(await statHeader('/broken')).toMatchObject({ linkTarget: '/nowhere' });
    expect(await statHeader('/d/.')).toMatchObject({ name: '.' });
  });

  test.each([
    ['/d/sub', ['sub/', 'sub/x']],
    ['/d/sub/', ['sub/', 'sub/x']],
    ['/d/sub/.', ['./', './x']],
  ])('GET of %s names its entries %s', async (path, names) => {
    const archive = await subject.docker.run(['cp', `box:${path}`, '-']);
    expect(namesOf(archive.stdoutBytes)).toEqual(names);
  });

  test.each([
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
    ...(SUBJECT === 'dockerd'
      ? [] // 20.10 knows no zstd
      : [['zstd', (bytes: Buffer) => zstdCompressSync(bytes)] as const]),
    ['bzip2', (bytes: Buffer) => execFileSync('bzip2', ['-c'], { input: bytes })],
    ['xz', (bytes: Buffer) => execFileSync('xz', ['-c'], { input: bytes })],
  ] as const)('PUT takes an archive compressed with %s', async (name, compress) => {
    const body = compress(files({ name, content: `by ${name}` }));
    expect((await put('box', { path: '/empty' }, body)).status).toBe(200);
    expect(await inBox(`cat /empty/${name}; rm /empty/${name}`)).toBe(`by ${name}`);
  });

  test.runIf(SUBJECT === 'gantryd')(
    'PUT starts no program of the container for what is packed twice',
    async () => {
      const plant =
        'printf "#!/bin/sh\\ntouch /proof" > /usr/local/sbin/xz && chmod 755 /usr/local/sbin/xz';
      await inBox(`mkdir -p /usr/local/sbin && ${plant}`);
      const xz = (input: Buffer) => execFileSync('xz', ['-c'], { input });
      const answer = await put(
        'box',
        { path: '/empty' },
        xz(xz(files({ name: 'f', content: '' }))),
      );
      expect(answer.json()).toEqual({
        message: 'what is compressed with xz cannot be unpacked here',
      });
      expect(await inBox('rm /usr/local/sbin/xz; ls /proof 2> /dev/null || echo none')).toBe(
        'none',
      );
    },
  );

  test('PUT replaces a directory by a file and writes through links, within the container', async () => {
    await inBox('mkdir -p /empty/x/y; ln -s /etc /empty/to-etc');
    const body = files({ name: 'x', content: 'now a file' }, { name: 'to-etc/via', content: 'v' });
    expect((await put('box', { path: '/empty' }, body)).status).toBe(200);
    expect(await inBox('cat /empty/x /etc/via; rm -r /empty/x /empty/to-etc /etc/via')).toBe(
      'now a filev',
    );
    expect(existsSync('/etc/via')).toBe(false);
  });

  test('PUT tells wrong requests apart', async () => {
    const answers = await Promise.all([
      put('box', { path: '/nope' }, files()),
      put('box', { path: '/empty' }, files({ name: '../out', content: '' })),
      put('box', { path: '/d/file' }, files()),
      put('box', { path: '' }, files()),
      put('nobody', { path: '/' }, files()),
    ]);
    const messages = answers.map((answer) => (answer.json() as { message: string }).message);
    expect(messages[0]).toBe('Could not find the file /nope in container box');
    expect(messages[1]).toContain('"../out" is outside of "/empty"');
    expect(messages[2]).toBe('extraction point is not a directory');
    expect(messages[3]).toContain('bad parameter: path');
    expect(messages[4]).toBe('No such container: nobody');
    if (SUBJECT === 'gantryd')
      expect(answers.map(({ status }) => status)).toEqual([404, 400, 400, 400, 404]);
  });

  test('PUT takes names that are no UTF-8', async () => {
    const body = files({ name: 'rough', content: '' });
    body.write('r\xe9', 0, 'latin1');
    checksum(body);
    expect((await put('box', { path: '/empty' }, body)).status).toBe(200);
    expect(await inBox('printf %s /empty/r*gh | od -An -c; rm /empty/r*gh')).toContain('351');
  });

  // dockerd carries file capabilities alone.
  test.runIf(SUBJECT === 'gantryd')('extended attributes go in and come out', async () => {
    const attributes = { 'user.note': 'kept' };
    const body = files({ name: 'attributed', content: 'a', attributes });
    expect((await put('box', { path: '/data' }, body)).status).toBe(200);
    const { text } = await subject.request('/containers/box/archive?path=/data/attributed');
    expect(text).toContain('SCHILY.xattr.user.note=kept\n');
  });
});

/** Of an archive's first header, after it was changed. */
function checksum(archive: Buffer): void {
  archive.fill(0x20, 148, 156);
  const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

describe('docker diff and export', () => {
  test('diff tells what was added, changed and deleted, and nothing of the engine’s', async () => {
    await docker(
      ...['run', '--name', 'changed', '--tmpfs', '/scratch', 'busybox', 'sh', '-c'],
      'echo x >> /etc/passwd; mkdir /new; echo n > /new/file; rm /etc/group; rm -r /home; mkdir /home; touch /home/back; echo s > /scratch/s; mkdir /tmp/gone; rmdir /tmp/gone',
    );
    const changes = (await docker('diff', 'changed')).split('\n').toSorted();
    expect(changes).toEqual([
      'A /home/back',
      'A /new',
      'A /new/file',
      'A /scratch',
      'C /etc',
      'C /etc/passwd',
      'C /home',
      'C /tmp',
      'D /etc/group',
    ]);
    await docker('rm', 'changed');
    await docker('create', '--name', 'untouched', 'busybox');
    expect(await docker('diff', 'untouched')).toBe('');
    await docker('rm', 'untouched');
  });

  test('export gives the whole rootfs, running or not, without what is mounted in it', async () => {
    await inBox('echo v > /data/in-volume');
    const { stdoutBytes } = await subject.docker.run(['export', 'box']);
    const names = namesOf(stdoutBytes);
    expect(names).toEqual(
      expect.arrayContaining(['bin/busybox', 'd/sub/x', 'data/', 'etc/passwd']),
    );
    expect(names).not.toContain('data/in-volume');
    expect(names).not.toContain('bound/inside');
    expect(names).not.toContain('etc/group');
    const file = join(out, 'rootfs.tar');
    await docker('create', '--name', 'whole', 'busybox');
    await docker('export', '-o', file, 'whole');
    expect(namesOf(readFileSync(file))).toContain('bin/busybox');
    expect(lstatSync(file).size).toBeGreaterThan(1 << 20);
    await docker('rm', 'whole');
  });

  test('events tell of copies and exports', async () => {
    const lines = await docker(
      ...['events', '--since', '10m', '--until', String(Math.floor(Date.now() / 1000) + 1)],
      ...['--filter', 'container=box', '--format', '{{.Action}}'],
    );
    expect(lines.split('\n')).toEqual(
      expect.arrayContaining(['archive-path', 'extract-to-dir', 'export']),
    );
  });
});
