/** Layers in overlay form, and archives that try to get out of their directory. */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mustRun } from '../../../test/support/command.ts';
import { writeTar, type TarEntry } from '../../../test/support/tar-writer.ts';
import { TarReader } from '../../formats/tar-reader.ts';
import { getAttribute } from '../../host/system-calls.ts';
import { LayerExtractor } from './layer-extractor.ts';

let folder: string;
let layer: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-extract-'));
  layer = join(folder, 'layer');
  mkdirSync(layer);
  mkdirSync(join(folder, 'outside'));
  writeFileSync(join(folder, 'outside/file'), 'untouched');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function extract(entries: readonly TarEntry[]): LayerExtractor {
  return extractBytes(writeTar(entries));
}

function extractBytes(archive: Buffer): LayerExtractor {
  const extractor = new LayerExtractor(layer);
  const reader = new TarReader(extractor);
  try {
    for (let at = 0; at < archive.length; at += 1000) reader.write(archive.subarray(at, at + 1000));
    reader.end();
    extractor.finish();
  } finally {
    extractor.abort();
  }
  return extractor;
}

const at = (path: string) => join(layer, path);
const whiteoutAt = (path: string) => {
  const stats = lstatSync(at(path));
  return stats.isCharacterDevice() && stats.rdev === 0;
};
const opaqueAt = (path: string) =>
  getAttribute(at(path), 'trusted.overlay.opaque')?.toString() === 'y';

describe('a layer', () => {
  test('keeps owners, modes, times, links and devices', () => {
    const extractor = extract([
      { name: 'd', type: 'directory', mode: 0o1777, uid: 7, gid: 8, mtimeSeconds: 1000 },
      { name: 'd/su', content: 'x', mode: 0o4755, uid: 1, gid: 2, mtimeSeconds: 2000 },
      { name: 'd/hard', type: 'hardlink', link: 'd/su' },
      { name: 'd/soft', type: 'symlink', link: '/etc/passwd', mtimeSeconds: 3000 },
      { name: 'null', type: 'character-device', device: [1, 3], mode: 0o666 },
      { name: 'pipe', type: 'fifo', mode: 0o600 },
      { name: 'open', content: 'y', mode: 0o666 },
      { name: './', type: 'directory', mode: 0o711 },
    ]);
    expect(lstatSync(at('d'))).toMatchObject({
      mode: 0o041777,
      uid: 7,
      gid: 8,
      mtimeMs: 1_000_000,
    });
    expect(lstatSync(at('d/su'))).toMatchObject({
      mode: 0o104755,
      uid: 1,
      gid: 2,
      nlink: 2,
      mtimeMs: 2_000_000,
    });
    expect(readlinkSync(at('d/soft'))).toBe('/etc/passwd');
    expect(lstatSync(at('d/soft')).mtimeMs).toBe(3_000_000);
    expect(lstatSync(at('null'))).toMatchObject({ mode: 0o020666, rdev: 0x103 });
    expect(lstatSync(at('pipe')).isFIFO()).toBe(true);
    expect(lstatSync(at('open')).mode & 0o777).toBe(0o666);
    expect(lstatSync(layer).mode & 0o777).toBe(0o711);
    expect(extractor.sizeBytes).toBe(2);
  });

  test('keeps extended attributes, file capabilities among them', () => {
    const capability = `\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0`;
    extract([
      { name: 'f', uid: 5, attributes: { 'security.capability': capability, 'user.note': 'hi' } },
    ]);
    expect(getAttribute(at('f'), 'security.capability')?.toString('latin1')).toBe(capability);
    expect(getAttribute(at('f'), 'user.note')?.toString()).toBe('hi');
  });

  test('may not steer overlayfs by attributes of its own', () => {
    extract([{ name: 'd', type: 'directory', attributes: { 'trusted.overlay.redirect': '/etc' } }]);
    expect(getAttribute(at('d'), 'trusted.overlay.redirect')).toBeUndefined();
  });

  test('has whiteouts as overlayfs wants them', () => {
    extract([
      { name: 'd', type: 'directory' },
      { name: 'd/.wh.gone' },
      { name: 'e/.wh..wh..opq' },
      { name: 'e/kept', content: 'x' },
      { name: '.wh..wh.plnk', type: 'directory' },
    ]);
    expect(whiteoutAt('d/gone')).toBe(true);
    expect(opaqueAt('e')).toBe(true);
    expect(readFileSync(at('e/kept'), 'utf8')).toBe('x');
    expect(existsSync(at('.wh..wh.plnk'))).toBe(false);
  });

  test('that removes a folder and brings it back hides what was in it', () => {
    extract([{ name: '.wh.a' }, { name: 'a', type: 'directory' }, { name: 'a/new' }]);
    extract([{ name: 'b', type: 'directory' }, { name: 'b/new' }, { name: '.wh.b' }]);
    expect([opaqueAt('a'), opaqueAt('b')]).toEqual([true, true]);
    expect([existsSync(at('a/new')), existsSync(at('b/new'))]).toEqual([true, true]);
  });

  test('that names a thing twice has the later one', () => {
    extract([
      { name: 'x', content: 'one' },
      { name: 'x', content: 'second' },
      { name: 'y', type: 'directory' },
      { name: 'y/inside', content: 'x' },
      { name: 'y', type: 'symlink', link: 'x' },
      { name: 'X', content: 'another' },
    ]);
    expect(readFileSync(at('x'), 'utf8')).toBe('second');
    expect(readlinkSync(at('y'))).toBe('x');
    expect(readFileSync(at('X'), 'utf8')).toBe('another');
  });

  test('makes the folders that its archive leaves out', () => {
    extract([{ name: 'usr/share/doc/file', content: 'x' }]);
    expect(statSync(at('usr/share')).mode & 0o777).toBe(0o755);
  });
});

describe('an archive of GNU tar', () => {
  test.each([
    ['gnu', []],
    ['oldgnu', []],
    ['posix', ['--sparse-version=0.0']],
    ['posix', ['--sparse-version=0.1']],
    ['posix', ['--sparse-version=1.0']],
  ])('in %s format %j keeps long names, and holes take no disk', async (format, options) => {
    const source = join(folder, 'source');
    const long = `${'deep/'.repeat(30)}${'n'.repeat(120)}`;
    mkdirSync(join(source, dirname(long)), { recursive: true });
    writeFileSync(join(source, long), 'long');
    const huge = openSync(join(source, 'huge'), 'w');
    for (let piece = 0; piece < 40; piece++)
      writeSync(huge, `piece ${piece}`, piece * 25_000_000_000);
    ftruncateSync(huge, 1_000_000_000_000);
    closeSync(huge);
    const archive = join(folder, 'archive.tar');
    await mustRun('tar', ['-cSf', archive, `--format=${format}`, ...options, '-C', source, '.']);
    extractBytes(readFileSync(archive));
    expect(readFileSync(at(long), 'utf8')).toBe('long');
    expect(statSync(at('huge')).size).toBe(1_000_000_000_000);
    expect(statSync(at('huge')).blocks).toBeLessThan(1000);
    const read = Buffer.alloc(7);
    const fd = openSync(at('huge'), 'r');
    readSync(fd, read, 0, 7, 9 * 25_000_000_000);
    closeSync(fd);
    expect(read.toString()).toBe('piece 9');
  });
});

describe('a hostile archive', () => {
  const outside = () => readFileSync(join(folder, 'outside/file'), 'utf8');
  afterEach(() => {
    expect(outside()).toBe('untouched');
    expect(existsSync(join(folder, 'escaped'))).toBe(false);
    expect(existsSync(join(folder, 'outside/escaped'))).toBe(false);
  });

  test.each([
    ['../escaped'],
    ['a/../../escaped'],
    ['a/..'],
    ['..'],
    ['/../escaped'],
    ['./../escaped'],
  ])('is refused for the name %s', (name) => {
    expect(() => extract([{ name, content: 'x' }])).toThrow('leads outside the layer');
  });

  test('stays inside with absolute names', () => {
    extract([{ name: '/etc/gantry-test-escape', content: 'x' }]);
    expect(readFileSync(at('etc/gantry-test-escape'), 'utf8')).toBe('x');
    expect(existsSync('/etc/gantry-test-escape')).toBe(false);
  });

  test('stays inside when it writes through links', () => {
    const out = join(folder, 'outside');
    extract([
      { name: 'absolute', type: 'symlink', link: out },
      { name: 'absolute/escaped', content: 'x' },
      { name: 'relative', type: 'symlink', link: '../outside' },
      { name: 'relative/escaped', content: 'x' },
      { name: 'a/b', type: 'symlink', link: '../../../outside' },
      { name: 'a/b/deep/escaped', content: 'x' },
    ]);
    expect(existsSync(at(join(out, 'escaped')))).toBe(true);
    expect(existsSync(at('outside/escaped'))).toBe(true);
    expect(existsSync(at('outside/deep/escaped'))).toBe(true);
  });

  test('replaces a link rather than writing to what it points at', () => {
    const out = join(folder, 'outside/file');
    extract([
      { name: 'f', type: 'symlink', link: out },
      { name: 'f', content: 'hostile' },
      { name: 'd', type: 'symlink', link: join(folder, 'outside') },
      { name: 'd', type: 'directory', mode: 0o777 },
    ]);
    expect(readFileSync(at('f'), 'utf8')).toBe('hostile');
    expect(lstatSync(at('d')).isDirectory()).toBe(true);
  });

  test('gets no hard link to a file outside', () => {
    const out = join(folder, 'outside');
    const link = (target: string): TarEntry => ({ name: 'h', type: 'hardlink', link: target });
    expect(() => extract([link('../outside/file')])).toThrow('leads outside the layer');
    expect(() => extract([link(join(out, 'file'))])).toThrow('hard link to a missing file');
    const through: TarEntry = { name: 'l', type: 'symlink', link: out };
    expect(() => extract([through, link('l/file')])).toThrow('hard link to a missing file');
    expect(() =>
      extract([
        { name: 's', type: 'symlink', link: join(out, 'file') },
        link('s'),
        { name: 'h', content: 'x' },
      ]),
    ).not.toThrow();
  });

  test('cannot go round in links for ever', () => {
    const loop: TarEntry[] = [
      { name: 'a', type: 'symlink', link: 'b' },
      { name: 'b', type: 'symlink', link: 'a' },
      { name: 'a/x', content: 'x' },
    ];
    expect(() => extract(loop)).toThrow('too many levels of symbolic links');
  });

  test('cannot use what it has replaced: a known folder that became a link', () => {
    extract([
      { name: 'd/one', content: 'x' },
      { name: 'd', type: 'symlink', link: join(folder, 'outside') },
      { name: 'd/escaped', content: 'x' },
      { name: 'p/q/one', content: 'x' },
      { name: 'p', type: 'symlink', link: '../outside' },
      { name: 'p/q/escaped', content: 'x' },
    ]);
  });

  test('cannot whiten out its own root or what lies above', () => {
    expect(() => extract([{ name: '.wh..' }])).toThrow('invalid whiteout');
    expect(() => extract([{ name: 'd/.wh...' }])).toThrow('invalid whiteout');
  });

  test('cannot put anything in place of the root', () => {
    expect(() => extract([{ name: './', type: 'symlink', link: '/etc' }])).toThrow('root');
    expect(() => extract([{ name: '.', type: 'fifo' }])).toThrow('root');
  });

  test('cannot put a file below a file', () => {
    expect(() =>
      extract([
        { name: 'f', content: 'x' },
        { name: 'f/g', content: 'y' },
      ]),
    ).toThrow('not a directory');
  });

  test('keeps apart names that differ in case alone', () => {
    extract([
      { name: 'NAME', content: 'upper' },
      { name: 'name', content: 'lower' },
    ]);
    expect([at('NAME'), at('name')].map((path) => readFileSync(path, 'utf8'))).toEqual([
      'upper',
      'lower',
    ]);
  });

  test('of a huge sparse file takes no room but that of its data', async () => {
    await mustRun('truncate', ['-s', '4T', join(folder, 'huge')]);
    await mustRun('tar', ['-C', folder, '-S', '-cf', join(folder, 'huge.tar'), 'huge']);
    extractBytes(readFileSync(join(folder, 'huge.tar')));
    const { size, blocks } = statSync(at('huge'));
    expect([size, blocks < 100]).toEqual([4 * 2 ** 40, true]);
  });

  test('of any kind leaves everything outside as it was', () => {
    const part = fc.constantFrom('..', '.', 'a', 'b', 'outside', '.wh.a', '.wh..wh..opq', '');
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const target = fc.oneof(
      path,
      path.map((it) => `/${it}`),
      fc.constant('../outside'),
    );
    const entry = fc.record({
      name: target,
      type: fc.constantFrom('file', 'symlink', 'hardlink', 'directory', 'fifo') as fc.Arbitrary<
        NonNullable<TarEntry['type']>
      >,
      link: target,
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        rmSync(layer, { recursive: true, force: true });
        mkdirSync(layer);
        try {
          extract(entries);
        } catch {
          // refused; what counts is what it did until then
        }
        expect(outside()).toBe('untouched');
        expect(statSync(join(folder, 'outside')).nlink).toBe(2);
        expect(lstatSync(layer).isDirectory()).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
