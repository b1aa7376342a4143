/**
 * What stands before a tar member and changes it: PAX records and GNU long names. Collects them and
 * applies them to the member's own header. Pure.
 * Source: POSIX pax, "pax Extended Header Keyword"; star's SCHILY.xattr; GNU tar, "Storing Sparse Files".
 */
import { EngineError } from '../contract/errors.ts';
import { TYPE_FLAG, type SparseSegment, type TarEntry, type TarEntryType } from './tar-entry.ts';
import type { RawHeader } from './tar-header.ts';
import { readPaxRecords } from './tar-pax.ts';
import { parseSparseList } from './tar-sparse.ts';

const ATTRIBUTE_PREFIX = 'SCHILY.xattr.';
const ID_MAX = 0xffff_fffe;

export class PaxOverrides {
  private readonly values = new Map<string, string>();
  private readonly attributes = new Map<string, Buffer>();
  private readonly sparseNumbers: string[] = [];
  private longName: string | undefined;
  private longLink: string | undefined;
  private hasAny = false;

  /** False once any metadata was added: a member must follow. */
  get isEmpty(): boolean {
    return !this.hasAny;
  }

  /** Size of the member's data, where a record states it. */
  get sizeBytes(): number | undefined {
    return this.number('size');
  }

  /** Format 1.0: the map of the sparse file stands at the head of its data. */
  get hasMapInData(): boolean {
    return this.values.get('GNU.sparse.major') === '1';
  }

  /** Adds the payload of a PAX header or a GNU long name. */
  add(typeFlag: string, payload: Buffer): void {
    this.hasAny = true;
    if (typeFlag === TYPE_FLAG.gnuLongName) this.longName = untilZero(payload);
    else if (typeFlag === TYPE_FLAG.gnuLongLink) this.longLink = untilZero(payload);
    else for (const { key, value } of readPaxRecords(payload)) this.addRecord(key, value);
  }

  private addRecord(key: string, value: Buffer): void {
    if (key.startsWith(ATTRIBUTE_PREFIX)) {
      this.attributes.set(key.slice(ATTRIBUTE_PREFIX.length), value);
      return;
    }
    const text = value.toString('latin1');
    if (text.includes('\0')) throw invalid('malformed PAX record');
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') this.sparseNumbers.push(text);
    else if (text === '') this.values.delete(key);
    else this.values.set(key, text);
  }

  /** The map of formats 0.0 and 0.1, or undefined for a file without holes. */
  sparseSegments(): SparseSegment[] | undefined {
    const map = this.values.get('GNU.sparse.map');
    if (map !== undefined) return parseSparseList(map.split(','));
    if (this.sparseNumbers.length > 0) return parseSparseList(this.sparseNumbers);
    if (this.values.get('GNU.sparse.numblocks') === '0') return [];
    return undefined;
  }

  /** The name to go by. */
  nameOf(raw: RawHeader): string {
    return (
      this.values.get('GNU.sparse.name') ?? this.values.get('path') ?? this.longName ?? raw.name
    );
  }

  /** The member with everything applied; `dataBytes` is the size of its data in the archive. */
  applyTo(raw: RawHeader, type: TarEntryType, dataBytes: number): TarEntry {
    const realSize = this.number('GNU.sparse.realsize') ?? this.number('GNU.sparse.size');
    const isSparse = type === 'file' && realSize !== undefined;
    return {
      type,
      name: this.nameOf(raw),
      linkName: this.values.get('linkpath') ?? this.longLink ?? raw.linkName,
      mode: raw.mode,
      uid: this.id('uid') ?? raw.uid,
      gid: this.id('gid') ?? raw.gid,
      sizeBytes: isSparse ? realSize : dataBytes,
      mtimeSeconds: this.time('mtime') ?? raw.mtimeSeconds,
      deviceMajor: raw.deviceMajor,
      deviceMinor: raw.deviceMinor,
      isSparse,
      ...(this.attributes.size > 0 && { attributes: this.attributes }),
    };
  }

  private number(key: string): number | undefined {
    const text = this.values.get(key);
    if (text === undefined) return undefined;
    if (!/^[0-9]{1,15}$/.test(text)) throw invalid(`malformed ${key} in a PAX record`);
    return Number(text);
  }

  private id(key: string): number | undefined {
    const id = this.number(key);
    if (id !== undefined && id > ID_MAX) throw invalid(`${key} in a PAX record is out of range`);
    return id;
  }

  private time(key: string): number | undefined {
    const text = this.values.get(key);
    if (text === undefined) return undefined;
    if (!/^-?[0-9]{1,12}(?:\.[0-9]*)?$/.test(text))
      throw invalid(`malformed ${key} in a PAX record`);
    return Number(text);
  }
}

function untilZero(bytes: Buffer): string {
  const zero = bytes.indexOf(0);
  return bytes.toString('latin1', 0, zero === -1 ? bytes.length : zero);
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', `invalid tar: ${message}`);
}
