/**
 * Writes the members of a layer's tar stream into a directory, in overlay form: owners, modes
 * (setuid too), times, extended attributes, links, devices, holes; whiteouts as overlayfs wants
 * them. Synchronous file calls throughout: it runs in a Worker, where they are several times
 * quicker than asynchronous ones. Nothing outside the directory is ever touched.
 */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  statfsSync,
  symlinkSync,
} from 'node:fs';
import { EngineError } from '../../contract/errors.ts';
import { textOfBytes, type TarEntry } from '../../formats/tar-entry.ts';
import type { TarSink } from '../../formats/tar-reader.ts';
import { OPAQUE_ATTRIBUTE, OPAQUE_VALUE, parseWhiteout } from '../../formats/whiteout.ts';
import { errnoOf } from '../../host/errno.ts';
import { makeNode, setAttribute } from '../../host/system-calls.ts';
import {
  CREATE_FILE,
  NODE_TYPE,
  nodeTypeOf,
  steersOverlay,
  writeMember,
} from '../files/tar-members.ts';
import { isTaken, isWhiteoutNode, LayerDirectory, type Place } from './layer-directory.ts';

/** Disk left to everything else on the machine; a layer that would take more is refused. */
const FREE_BYTES_MIN = 64 << 20;
const FREE_CHECK_BYTES = 64 << 20;

const UMASK = process.umask();

export class LayerExtractor implements TarSink {
  /** Sum of the sizes of all files so far. */
  sizeBytes = 0;

  private readonly root: string;
  private readonly directory: LayerDirectory;
  /** Directory times, set at the end because every file created inside changes them. */
  private readonly directoryTimes = new Map<string, { place: Place; seconds: number }>();
  private entry: TarEntry | undefined;
  private place: Place = { parent: '', base: '' };
  private fd = -1;
  private unchecked = 0;
  private readonly membersMax: number;
  private members = 0;

  constructor(root: string, membersMax: number = Number.POSITIVE_INFINITY) {
    this.root = root;
    this.membersMax = membersMax;
    this.directory = new LayerDirectory(root);
  }

  begin(entry: TarEntry): void {
    this.entry = undefined;
    if (++this.members > this.membersMax)
      throw new EngineError('invalid-argument', `layer has more than ${this.membersMax} members`);
    const place = this.directory.locate(entry.name);
    if (place.base === '' && entry.type !== 'directory')
      throw new EngineError('invalid-argument', 'invalid tar: a member would replace the root');
    const whiteout = parseWhiteout(place.base);
    if (whiteout !== undefined) {
      if (whiteout.kind === 'opaque') this.makeOpaque(place.parent);
      if (whiteout.kind === 'removed') this.whiteOut({ parent: place.parent, base: whiteout.name });
      return;
    }
    this.entry = entry;
    this.place = place;
    if (entry.type === 'file') this.openFile(entry);
    else if (entry.type === 'directory') this.makeDirectory(entry);
    else this.makeOther(entry);
  }

  data(bytes: Buffer, offset: number): void {
    if (this.fd === -1) return; // data of a whiteout
    this.unchecked += bytes.length;
    if (this.unchecked >= FREE_CHECK_BYTES) this.checkFreeSpace();
    writeMember(this.fd, bytes, offset, this.entry?.isSparse ?? false);
  }

  end(): void {
    if (this.fd === -1) return;
    const entry = this.entry as TarEntry;
    const { fd } = this;
    if (entry.isSparse) ftruncateSync(fd, entry.sizeBytes);
    // chown clears setuid and file capabilities, so it comes before both.
    if (entry.uid !== 0 || entry.gid !== 0) fchownSync(fd, entry.uid, entry.gid);
    if (needsChmod(entry)) fchmodSync(fd, entry.mode);
    if (entry.attributes) this.setAttributes(entry);
    futimesSync(fd, entry.mtimeSeconds, entry.mtimeSeconds);
    this.fd = -1;
    closeSync(fd);
    this.sizeBytes += entry.sizeBytes;
  }

  /** Call once after the last member. */
  finish(): void {
    for (const { place, seconds } of this.directoryTimes.values())
      if (this.directory.stat(place)?.isDirectory())
        lutimesSync(this.directory.pathOf(place), seconds, seconds);
  }

  /** Closes what a cut-off stream left open. */
  abort(): void {
    if (this.fd !== -1) closeSync(this.fd);
    this.fd = -1;
  }

  private openFile(entry: TarEntry): void {
    this.create(() => {
      this.fd = openSync(this.directory.pathOf(this.place), CREATE_FILE, entry.mode & 0o777);
    });
  }

  private makeDirectory(entry: TarEntry): void {
    const { place } = this;
    const path = this.directory.pathOf(place);
    if (place.base !== '' && !this.directory.stat(place)?.isDirectory()) {
      const hidesLower = this.clearWhiteout(place);
      this.create(() => mkdirSync(path, { mode: entry.mode & 0o777 }));
      // The name was removed from the layers below and came back: nothing of theirs shows through.
      if (hidesLower)
        setAttribute(this.directory.textPathOf(place), OPAQUE_ATTRIBUTE, OPAQUE_VALUE);
    }
    if (place.base !== '') this.directory.addDirectory(place);
    lchownSync(path, entry.uid, entry.gid);
    chmodSync(path, entry.mode);
    if (entry.attributes) this.setAttributes(entry);
    const key = `${place.parent}/${place.base}`;
    this.directoryTimes.set(key, { place, seconds: entry.mtimeSeconds });
  }

  private makeOther(entry: TarEntry): void {
    const { place } = this;
    const path = this.directory.pathOf(place);
    if (entry.type === 'hard-link') {
      const target = this.directory.locate(entry.linkName);
      const from = this.directory.pathOf(target);
      this.create(() => linkTo(entry, from, path));
      return; // owner, mode and times are those of the file it names
    }
    if (entry.type === 'symbolic-link')
      this.create(() => symlinkSync(Buffer.from(entry.linkName, 'latin1'), path));
    else {
      const type = nodeTypeOf(entry);
      const text = this.directory.textPathOf(place);
      this.create(() =>
        makeNode(text, type | (entry.mode & 0o777), entry.deviceMajor, entry.deviceMinor),
      );
    }
    if (entry.uid !== 0 || entry.gid !== 0) lchownSync(path, entry.uid, entry.gid);
    if (entry.type !== 'symbolic-link') chmodSync(path, entry.mode);
    if (entry.attributes) this.setAttributes(entry);
    lutimesSync(path, entry.mtimeSeconds, entry.mtimeSeconds);
  }

  /** Creates at the present place; what stands there already gives way, as Docker has it. */
  private create(make: () => void): void {
    try {
      make();
    } catch (error) {
      if (!isTaken(error)) throw error;
      this.directory.clear(this.place);
      make();
    }
  }

  private setAttributes(entry: TarEntry): void {
    const path = this.directory.textPathOf(this.place);
    for (const [nameBytes, value] of entry.attributes ?? []) {
      const name = textOfBytes(nameBytes);
      if (steersOverlay(name)) continue;
      try {
        setAttribute(path, name, value);
      } catch (error) {
        // As Docker: an attribute the file system or the machine does not have is left out.
        const errno = errnoOf(error);
        if (errno !== 'EOPNOTSUPP' && errno !== 'ENOTSUP' && errno !== 'EPERM') throw error;
      }
    }
  }

  private makeOpaque(parent: string): void {
    const path = this.directory.textPathOf({ parent, base: '' });
    setAttribute(path, OPAQUE_ATTRIBUTE, OPAQUE_VALUE);
  }

  private whiteOut(place: Place): void {
    const path = this.directory.textPathOf(place);
    const stats = this.directory.stat(place);
    // A whiteout speaks of the layers below; what this layer itself has under the name stays.
    if (stats === undefined) makeNode(path, NODE_TYPE['character-device'], 0, 0);
    else if (stats.isDirectory()) setAttribute(path, OPAQUE_ATTRIBUTE, OPAQUE_VALUE);
  }

  private clearWhiteout(place: Place): boolean {
    const stats = this.directory.stat(place);
    if (stats === undefined || !isWhiteoutNode(stats)) return false;
    this.directory.clear(place);
    return true;
  }

  private checkFreeSpace(): void {
    this.unchecked = 0;
    const { bavail, bsize } = statfsSync(this.root);
    if (bavail * bsize < FREE_BYTES_MIN)
      throw new EngineError('out-of-space', 'no space left on device: the layer does not fit');
  }
}

function linkTo(entry: TarEntry, from: Parameters<typeof linkSync>[0], path: typeof from): void {
  try {
    linkSync(from, path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    const name = textOfBytes(entry.linkName);
    throw new EngineError('invalid-argument', `invalid tar: hard link to a missing file: ${name}`);
  }
}

/** open(2) applied the umask and dropped setuid, setgid and sticky. */
function needsChmod({ mode }: TarEntry): boolean {
  return (mode & ~0o777) !== 0 || (mode & UMASK) !== 0;
}
