/**
 * Writes tar members: ustar where everything fits, PAX records for what does not (long names, large
 * numbers, fractions of seconds, extended attributes). Pure: returns the bytes that precede the data.
 */
import {
  BLOCK_BYTES,
  isAscii,
  paddingOf,
  TYPE_FLAG,
  type TarEntry,
  type TarEntryType,
} from './tar-entry.ts';
import { writeHeader } from './tar-header.ts';
import { writePaxRecord } from './tar-pax.ts';

const FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: TYPE_FLAG.file,
  'hard-link': TYPE_FLAG.hardLink,
  'symbolic-link': TYPE_FLAG.symbolicLink,
  'character-device': TYPE_FLAG.characterDevice,
  'block-device': TYPE_FLAG.blockDevice,
  directory: TYPE_FLAG.directory,
  fifo: TYPE_FLAG.fifo,
};

const NAME_BYTES_MAX = 100;
const OCTAL_7_MAX = 0o7777777;
const OCTAL_11_MAX = 0o77777777777;

/** What ends an archive: two blocks of zeros. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK_BYTES);

/** A member with the usual values for everything that is not given. */
export function tarEntry(draft: Partial<TarEntry> & Pick<TarEntry, 'name'>): TarEntry {
  const type = draft.type ?? 'file';
  return {
    linkName: '',
    mode: type === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    sizeBytes: 0,
    mtimeSeconds: 0,
    deviceMajor: 0,
    deviceMinor: 0,
    isSparse: false,
    ...draft,
    type,
  };
}

/** Header blocks of a member, PAX header included. Its data follows, then `tarPadding`. */
export function tarHeader(entry: TarEntry): Buffer {
  const records = paxRecordsOf(entry);
  const header = writeHeader({
    name: entry.name.slice(0, NAME_BYTES_MAX),
    mode: entry.mode,
    uid: entry.uid > OCTAL_7_MAX ? 0 : entry.uid,
    gid: entry.gid > OCTAL_7_MAX ? 0 : entry.gid,
    sizeBytes: entry.sizeBytes > OCTAL_11_MAX ? 0 : entry.sizeBytes,
    mtimeSeconds: fitsMtime(entry) ? entry.mtimeSeconds : 0,
    typeFlag: FLAGS[entry.type],
    linkName: entry.linkName.slice(0, NAME_BYTES_MAX),
    deviceMajor: entry.deviceMajor,
    deviceMinor: entry.deviceMinor,
  });
  if (records.length === 0) return header;
  const payload = Buffer.concat(records);
  const paxHeader = writeHeader({
    name: 'PaxHeaders/entry',
    mode: 0o644,
    uid: 0,
    gid: 0,
    sizeBytes: payload.length,
    mtimeSeconds: 0,
    typeFlag: TYPE_FLAG.paxEntry,
    linkName: '',
    deviceMajor: 0,
    deviceMinor: 0,
  });
  return Buffer.concat([paxHeader, payload, tarPadding(payload.length), header]);
}

/** The zeros that follow `sizeBytes` of data. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc(paddingOf(sizeBytes));
}

function paxRecordsOf(entry: TarEntry): Buffer[] {
  const records: Buffer[] = [];
  if (entry.name.length > NAME_BYTES_MAX || !isAscii(entry.name))
    records.push(writePaxRecord('path', entry.name));
  if (entry.linkName.length > NAME_BYTES_MAX || !isAscii(entry.linkName))
    records.push(writePaxRecord('linkpath', entry.linkName));
  if (entry.uid > OCTAL_7_MAX) records.push(writePaxRecord('uid', String(entry.uid)));
  if (entry.gid > OCTAL_7_MAX) records.push(writePaxRecord('gid', String(entry.gid)));
  if (entry.sizeBytes > OCTAL_11_MAX) records.push(writePaxRecord('size', String(entry.sizeBytes)));
  if (!fitsMtime(entry)) records.push(writePaxRecord('mtime', String(entry.mtimeSeconds)));
  for (const [name, value] of entry.attributes ?? [])
    records.push(writePaxRecord(`SCHILY.xattr.${name}`, value));
  return records;
}

function fitsMtime({ mtimeSeconds }: TarEntry): boolean {
  return Number.isInteger(mtimeSeconds) && mtimeSeconds >= 0 && mtimeSeconds <= OCTAL_11_MAX;
}
