import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLOCK_BYTES, bytesOfText, textOfBytes, type TarEntry } from './tar-entry.ts';
import { writePaxRecord } from './tar-pax.ts';
import { TarReader } from './tar-reader.ts';
import { TAR_END, tarEntry, tarHeader, tarPadding } from './tar-writer.ts';

interface Member {
  readonly entry: TarEntry;
  readonly data: Buffer;
}

/** Reads a whole archive, cut into pieces of the given size. */
function read(archive: Buffer, pieceBytes = archive.length): Member[] {
  const members: Member[] = [];
  let parts: { bytes: Buffer; offset: number }[] = [];
  let entry: TarEntry | undefined;
  const reader = new TarReader({
    begin: (begun) => {
      entry = begun;
      parts = [];
    },
    data: (bytes, offset) => parts.push({ bytes: Buffer.from(bytes), offset }),
    end: () => {
      const whole = entry as TarEntry;
      const data = Buffer.alloc(Math.min(whole.sizeBytes, 1 << 20));
      for (const part of parts) part.bytes.copy(data, part.offset);
      members.push({ entry: whole, data });
    },
  });
  for (let at = 0; at < archive.length; at += pieceBytes)
    reader.write(archive.subarray(at, at + pieceBytes));
  reader.end();
  return members;
}

function member(entry: TarEntry, data = Buffer.alloc(0)): Buffer {
  return Buffer.concat([tarHeader(entry), data, tarPadding(data.length)]);
}

function file(name: string, text: string): Buffer {
  const data = Buffer.from(text);
  return member(tarEntry({ name: bytesOfText(name), sizeBytes: data.length }), data);
}

/** A member before `target`, of a type the writer does not make. */
function metadata(typeFlag: string, payload: Buffer): Buffer {
  const header = tarHeader(tarEntry({ name: 'meta', sizeBytes: payload.length }));
  header.write(typeFlag, 156, 'latin1');
  return Buffer.concat([checksummed(header), payload, tarPadding(payload.length)]);
}

function checksummed(header: Buffer): Buffer {
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

const pax = (records: Record<string, string>) =>
  metadata('x', Buffer.concat(Object.entries(records).map(([k, v]) => writePaxRecord(k, v))));

describe('TarReader', () => {
  test('reads every kind of member', () => {
    const archive = Buffer.concat([
      member(tarEntry({ name: 'd/', type: 'directory', mode: 0o1777, uid: 5, gid: 6 })),
      file('d/f', 'hello'),
      member(tarEntry({ name: 'l', type: 'symbolic-link', linkName: '/d/f' })),
      member(tarEntry({ name: 'h', type: 'hard-link', linkName: 'd/f' })),
      member(tarEntry({ name: 'c', type: 'character-device', deviceMajor: 1, deviceMinor: 3 })),
      member(tarEntry({ name: 'p', type: 'fifo' })),
      TAR_END,
    ]);
    expect(read(archive).map(({ entry }) => entry)).toMatchObject([
      { type: 'directory', name: 'd/', mode: 0o1777, uid: 5, gid: 6 },
      { type: 'file', name: 'd/f', sizeBytes: 5 },
      { type: 'symbolic-link', linkName: '/d/f' },
      { type: 'hard-link', linkName: 'd/f' },
      { type: 'character-device', deviceMajor: 1, deviceMinor: 3 },
      { type: 'fifo' },
    ]);
  });

  test('gives back what the writer wrote, however the stream is cut', () => {
    const name = fc
      .array(fc.stringMatching(/^[a-zé字]{1,60}$/), { minLength: 1, maxLength: 5 })
      .map((parts) => bytesOfText(parts.join('/')));
    const entry = fc.record({
      name,
      mode: fc.integer({ min: 0, max: 0o7777 }),
      uid: fc.integer({ min: 0, max: 0xffff_fffe }),
      gid: fc.integer({ min: 0, max: 0xffff_fffe }),
      mtimeSeconds: fc.integer({ min: -1000, max: 2 ** 35 }),
      attributes: fc
        .dictionary(fc.stringMatching(/^user\.[a-z]{1,9}$/), fc.uint8Array({ maxLength: 40 }))
        .map((it) => new Map(Object.entries(it).map(([k, v]) => [k, Buffer.from(v)]))),
    });
    const members = fc.array(fc.tuple(entry, fc.uint8Array({ maxLength: 1500 })), { maxLength: 6 });
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 2000 }), (drafts, pieceBytes) => {
        const written = drafts.map(([draft, bytes]) => {
          const { attributes, ...rest } = draft;
          const entry = tarEntry({
            ...rest,
            sizeBytes: bytes.length,
            ...(attributes.size > 0 && { attributes }),
          });
          return { entry, data: Buffer.from(bytes) };
        });
        const archive = Buffer.concat([
          ...written.map(({ entry, data }) => member(entry, data)),
          TAR_END,
        ]);
        expect(read(archive, pieceBytes)).toEqual(written);
      }),
      { numRuns: 60 },
    );
  });

  test('reads long names of GNU tar', () => {
    const long = `${'n'.repeat(150)}/${'m'.repeat(150)}`;
    const archive = Buffer.concat([
      metadata('L', Buffer.from(`${long}\0`)),
      metadata('K', Buffer.from(`${long}-target\0`)),
      member(tarEntry({ name: 'short', type: 'symbolic-link', linkName: 'x' })),
      file('next', ''),
    ]);
    const [first, second] = read(archive).map(({ entry }) => entry);
    expect(first).toMatchObject({ name: long, linkName: `${long}-target` });
    expect(second?.name).toBe('next');
  });

  test('reads numbers in base 256', () => {
    const header = tarHeader(tarEntry({ name: 'big' }));
    header.fill(0, 108, 116);
    header[108] = 0x80;
    header.writeUInt32BE(3_000_000_000, 112);
    expect(read(checksummed(header))[0]?.entry.uid).toBe(3_000_000_000);
    header.fill(0xff, 136, 148); // -1: one second before the epoch
    expect(read(checksummed(header))[0]?.entry.mtimeSeconds).toBe(-1);
  });

  test('goes on after a global header and types it does not know', () => {
    const archive = Buffer.concat([
      metadata('g', writePaxRecord('comment', 'x'.repeat(600))),
      metadata('V', Buffer.from('label')),
      file('f', 'x'),
    ]);
    expect(read(archive).map(({ entry }) => entry.name)).toEqual(['f']);
  });

  test('takes a v7 file whose name ends in a slash for a directory', () => {
    const header = tarHeader(tarEntry({ name: 'old/' }));
    header.write('\0', 156, 'latin1');
    expect(read(checksummed(header))[0]?.entry.type).toBe('directory');
  });

  test('tells a directory by the whole name, not by where the header cut it off', () => {
    const header = tarHeader(tarEntry({ name: 'cut/', sizeBytes: 1 }));
    header.write('\0', 156, 'latin1');
    const archive = Buffer.concat([
      metadata('x', writePaxRecord('path', 'cut/short')),
      checksummed(header),
      Buffer.alloc(512, 'x'),
    ]);
    const [only] = read(archive);
    expect(only?.entry).toMatchObject({ type: 'file', name: 'cut/short', sizeBytes: 1 });
  });

  test('takes a file for a file whatever its name ends in', () => {
    const [only] = read(file('slash/', 'content'));
    expect(only?.entry).toMatchObject({ type: 'file', sizeBytes: 7 });
  });

  test('keeps names that are not UTF-8 byte for byte', () => {
    const [only] = read(member(tarEntry({ name: 'caf\xe9' })));
    expect(only?.entry.name).toBe('caf\xe9');
    expect(textOfBytes('caf\xe9')).toBe('caf�');
  });

  test.each([
    ['0.1', { 'GNU.sparse.map': '2,3,8,2', 'GNU.sparse.size': '12', 'GNU.sparse.name': 'holes' }],
  ])('reads sparse files of PAX format %s', (_, records) => {
    const archive = Buffer.concat([pax(records), file('x', 'abcde')]);
    const [only] = read(archive, 7);
    expect(only?.entry).toMatchObject({ name: 'holes', sizeBytes: 12, isSparse: true });
    expect(only?.data.toString('latin1')).toBe('\0\0abc\0\0\0de\0\0');
  });

  test('reads sparse files of PAX format 0.0, whose records repeat', () => {
    const payload = Buffer.concat([
      writePaxRecord('GNU.sparse.size', '12'),
      writePaxRecord('GNU.sparse.numblocks', '2'),
      ...[
        ['2', '3'],
        ['8', '2'],
      ].flatMap(([offset = '', length = '']) => [
        writePaxRecord('GNU.sparse.offset', offset),
        writePaxRecord('GNU.sparse.numbytes', length),
      ]),
    ]);
    const [only] = read(Buffer.concat([metadata('x', payload), file('x', 'abcde')]));
    expect(only?.data.toString('latin1')).toBe('\0\0abc\0\0\0de\0\0');
  });

  test('reads sparse files of PAX format 1.0, whose map stands in the data', () => {
    const map = Buffer.alloc(BLOCK_BYTES);
    map.write('2\n2\n3\n8\n2\n', 'latin1');
    const records = {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 'holes',
      'GNU.sparse.realsize': '12',
    };
    const archive = Buffer.concat([pax(records), file('x', `${map.toString('latin1')}abcde`)]);
    const [only] = read(archive, 100);
    expect(only?.entry).toMatchObject({ name: 'holes', sizeBytes: 12 });
    expect(only?.data.toString('latin1')).toBe('\0\0abc\0\0\0de\0\0');
  });

  test('reads sparse files of old GNU tar, extension blocks included', () => {
    const header = tarHeader(tarEntry({ name: 'holes', sizeBytes: 5 }));
    header.write('S', 156, 'latin1');
    header.write('ustar  \0', 257, 'latin1');
    header.fill(0, 345);
    const octal = (n: number) => `${n.toString(8).padStart(11, '0')}\0`;
    header.write(octal(2) + octal(3), 386, 'latin1');
    header[482] = 1;
    header.write(octal(12), 483, 'latin1');
    const extension = Buffer.alloc(BLOCK_BYTES);
    extension.write(octal(8) + octal(2), 0, 'latin1');
    const data = Buffer.from('abcde');
    const archive = Buffer.concat([checksummed(header), extension, data, tarPadding(5)]);
    const [only] = read(archive);
    expect(only?.entry).toMatchObject({ sizeBytes: 12, isSparse: true });
    expect(only?.data.toString('latin1')).toBe('\0\0abc\0\0\0de\0\0');
  });

  test.each([
    ['a wrong checksum', Buffer.alloc(BLOCK_BYTES, 'x'), 'checksum'],
    ['an end within a header', file('f', 'x').subarray(0, 300), 'ends in the middle'],
    ['an end within data', file('f', 'x'.repeat(600)).subarray(0, 700), 'ends in the middle'],
    ['metadata without a member', pax({ path: 'x' }), 'ends in the middle'],
    ['metadata larger than 1 MiB', metadata('L', Buffer.alloc(2 << 20)), 'too large'],
    ['a PAX record without its length', metadata('x', Buffer.from('path=x\n')), 'malformed PAX'],
    ['a PAX record that is cut', metadata('x', Buffer.from('99 path=x\n')), 'malformed PAX'],
    [
      'a zero byte in a name',
      Buffer.concat([pax({ path: 'a\0b' }), file('f', '')]),
      'malformed PAX',
    ],
    ['a huge user id', Buffer.concat([pax({ uid: '99999999999' }), file('f', '')]), 'uid'],
    ['a negative size', Buffer.concat([pax({ size: '-1' }), file('f', '')]), 'size'],
    [
      'a sparse map beyond the file',
      Buffer.concat([
        pax({ 'GNU.sparse.map': '0,9', 'GNU.sparse.size': '5' }),
        file('f', '123456789'),
      ]),
      'sparse map',
    ],
    [
      'a sparse map that overlaps',
      Buffer.concat([
        pax({ 'GNU.sparse.map': '0,3,2,3', 'GNU.sparse.size': '50' }),
        file('f', '123456'),
      ]),
      'sparse map',
    ],
  ])('refuses %s', (_, archive, message) => {
    expect(() => read(archive)).toThrow(message);
  });

  test('throws nothing but invalid-argument, whatever bytes it is given', () => {
    const whole = Buffer.concat([pax({ path: 'long' }), file('f', 'x'.repeat(700)), TAR_END]);
    const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(flips, fc.boolean(), (changes, isRepaired) => {
        const archive = Buffer.from(whole);
        for (const [at, byte] of changes) archive[at] = byte;
        if (isRepaired) checksummed(archive.subarray(0, BLOCK_BYTES));
        try {
          read(archive, 333);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-argument' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
