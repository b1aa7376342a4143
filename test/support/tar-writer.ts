/**
 * Tar archives written byte for byte, independent of the engine's own codec, so that a mistake there
 * is not mirrored here. ustar headers; long names and extended attributes as PAX records.
 * Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header".
 */

export interface TarEntry {
  readonly name: string;
  readonly type?: keyof typeof TYPE_FLAGS;
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtimeSeconds?: number;
  /** Target of a symlink or hard link. */
  readonly link?: string;
  readonly device?: readonly [major: number, minor: number];
  /** Extended attributes, written as SCHILY.xattr records. */
  readonly attributes?: Readonly<Record<string, string>>;
}

const TYPE_FLAGS = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
} as const;

const BLOCK_BYTES = 512;

/** A whole archive with its two closing blocks. */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(entryBlocks);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}

function entryBlocks(entry: TarEntry): Buffer[] {
  const content = Buffer.from(entry.content ?? '');
  const records: Record<string, string> = {};
  if (Buffer.byteLength(entry.name) > 100) records.path = entry.name;
  if (entry.link !== undefined && Buffer.byteLength(entry.link) > 100)
    records.linkpath = entry.link;
  for (const [name, value] of Object.entries(entry.attributes ?? {}))
    records[`SCHILY.xattr.${name}`] = value;
  const pax = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
  return [
    ...(pax.length > 0 ? [header({ name: 'PaxHeaders/0' }, 'x', pax.length), padded(pax)] : []),
    header(entry, TYPE_FLAGS[entry.type ?? 'file'], content.length),
    padded(content),
  ];
}

function header(entry: TarEntry, typeFlag: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, offset: number, length: number): void => {
    block.write(value.toString(8).padStart(length - 1, '0'), offset, length - 1, 'latin1');
  };
  const isDirectory = entry.type === 'directory';
  block.write(entry.name, 0, 100);
  octal(entry.mode ?? (isDirectory ? 0o755 : 0o644), 100, 8);
  octal(entry.uid ?? 0, 108, 8);
  octal(entry.gid ?? 0, 116, 8);
  octal(size, 124, 12);
  octal(entry.mtimeSeconds ?? 1_700_000_000, 136, 12);
  block.write(typeFlag, 156);
  block.write(entry.link ?? '', 157, 100);
  block.write('ustar\x0000', 257, 'latin1');
  octal(entry.device?.[0] ?? 0, 329, 8);
  octal(entry.device?.[1] ?? 0, 337, 8);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** `LENGTH key=value\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const body = Buffer.from(` ${key}=${value}\n`);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length++;
  return Buffer.concat([Buffer.from(String(length)), body]);
}

function padded(content: Buffer): Buffer {
  const rest = content.length % BLOCK_BYTES;
  return rest === 0 ? content : Buffer.concat([content, Buffer.alloc(BLOCK_BYTES - rest)]);
}
