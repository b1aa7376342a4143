/**
 * Unpacks an archive into a directory of a live file tree, as `docker cp` does: what stands in the way
 * is replaced, directories are merged, links among the parents are followed, whiteouts mean nothing.
 * To be run where no path leads out of the tree: that is what makes following links safe.
 * Source: moby `pkg/archive`, Unpack, whose texts these are.
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
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { EngineError } from '../../contract/errors.ts';
import type { TarSink } from '../../formats/tar-reader.ts';
import { textOfBytes, type TarEntry } from '../../formats/tar-entry.ts';
import { nativePath } from '../../host/byte-paths.ts';
import { makeNodeAt, writeAttribute } from '../../host/file-attributes.ts';
import { CREATE_FILE, nodeTypeOf, steersOverlay, writeMember } from './tar-members.ts';

export interface CopyOptions {
  /** Absolute, links resolved: a byte string without a slash at its end. `''` is the root. */
  readonly directory: string;
  readonly keepsKinds: boolean;
  /** Where something is mounted in the tree. */
  readonly mountPoints: readonly string[];
  /** Undefined: whom the archive says. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

export class CopyExtractor implements TarSink {
  private readonly options: CopyOptions;
  /** Directory times, set at the end because every file created inside changes them. */
  private readonly directoryTimes = new Map<string, number>();
  private entry: TarEntry | undefined;
  private path = '';
  private fd = -1;

  constructor(options: CopyOptions) {
    this.options = options;
  }

  begin(entry: TarEntry): void {
    const relative = cleanName(entry.name);
    if (relative === undefined) {
      const [name, directory] = [entry.name, this.options.directory || '/'].map(textOfBytes);
      throw new EngineError('invalid-argument', `"${name}" is outside of "${directory}"`);
    }
    this.entry = entry;
    this.path = `${this.options.directory}/${relative}`;
    if (relative === '') return; // the directory itself stays as it is
    this.makeParent(relative);
    const isMerged = this.makeRoom(entry);
    if (entry.type === 'file') this.fd = openSync(nativePath(this.path), CREATE_FILE, 0o600);
    else if (entry.type === 'directory') this.makeDirectory(entry, isMerged);
    else this.makeOther(entry);
  }

  data(bytes: Buffer, offset: number): void {
    if (this.fd === -1) return;
    writeMember(this.fd, bytes, offset, this.entry?.isSparse ?? false);
  }

  end(): void {
    if (this.fd === -1) return;
    const { fd } = this;
    const entry = this.entry as TarEntry;
    const { uid, gid } = this.options.owner ?? entry;
    if (entry.isSparse) ftruncateSync(fd, entry.sizeBytes);
    // chown clears setuid and file capabilities, so it comes before both.
    fchownSync(fd, uid, gid);
    fchmodSync(fd, entry.mode);
    this.writeAttributes(entry);
    futimesSync(fd, entry.mtimeSeconds, entry.mtimeSeconds);
    this.fd = -1;
    closeSync(fd);
  }

  /** Call once after the last member. */
  finish(): void {
    for (const [path, seconds] of this.directoryTimes)
      if (lstatSync(nativePath(path), { throwIfNoEntry: false })?.isDirectory())
        lutimesSync(nativePath(path), seconds, seconds);
  }

  /** Closes what a cut-off stream left open. */
  abort(): void {
    if (this.fd !== -1) closeSync(this.fd);
    this.fd = -1;
  }

  private makeParent(relative: string): void {
    const slash = relative.lastIndexOf('/');
    if (slash === -1) return;
    const parent = nativePath(`${this.options.directory}/${relative.slice(0, slash)}`);
    if (lstatSync(parent, { throwIfNoEntry: false }) === undefined)
      mkdirSync(parent, { recursive: true, mode: 0o755 });
  }

  /** Removes what gives way to the entry; true when a directory is there that it is merged into. */
  private makeRoom(entry: TarEntry): boolean {
    const native = nativePath(this.path);
    const stats = lstatSync(native, { throwIfNoEntry: false });
    if (stats === undefined) return false;
    const isDirectory = entry.type === 'directory';
    if (this.options.keepsKinds && stats.isDirectory() !== isDirectory)
      throw this.clash(stats.isDirectory());
    if (stats.isDirectory() && isDirectory) return true;
    this.requireNoMount();
    rmSync(native, { recursive: true });
    return false;
  }

  private clash(isDirectory: boolean): EngineError {
    const [there, comes] = isDirectory
      ? ['directory', 'non-directory']
      : ['non-directory', 'directory'];
    const [path, into] = [this.path, this.options.directory || '/'].map(textOfBytes);
    return new EngineError(
      'invalid-argument',
      `cannot overwrite ${there} "${path}" with ${comes} "${into}"`,
    );
  }

  /** Or what is in a volume would be deleted before its mount point is found to be in use. */
  private requireNoMount(): void {
    const path = textOfBytes(this.path);
    const { mountPoints } = this.options;
    if (mountPoints.some((point) => point === path || point.startsWith(`${path}/`)))
      throw new EngineError('invalid-argument', `unlinkat ${path}: device or resource busy`);
  }

  private makeDirectory(entry: TarEntry, isMerged: boolean): void {
    if (!isMerged) mkdirSync(nativePath(this.path), { mode: 0o700 });
    this.own(entry);
    chmodSync(nativePath(this.path), entry.mode);
    this.writeAttributes(entry);
    this.directoryTimes.set(this.path, entry.mtimeSeconds);
  }

  private makeOther(entry: TarEntry): void {
    const native = nativePath(this.path);
    if (entry.type === 'hard-link') {
      linkSync(nativePath(this.linkTarget(entry)), native);
      return; // owner, mode and times are those of the file it names
    }
    if (entry.type === 'symbolic-link') symlinkSync(Buffer.from(entry.linkName, 'latin1'), native);
    else makeNodeAt(this.path, nodeTypeOf(entry) | 0o600, entry.deviceMajor, entry.deviceMinor);
    this.own(entry);
    if (entry.type !== 'symbolic-link') chmodSync(native, entry.mode);
    this.writeAttributes(entry);
    lutimesSync(native, entry.mtimeSeconds, entry.mtimeSeconds);
  }

  private linkTarget(entry: TarEntry): string {
    const relative = cleanName(entry.linkName);
    if (relative !== undefined) return `${this.options.directory}/${relative}`;
    const [name, target] = [entry.name, entry.linkName].map(textOfBytes);
    throw new EngineError('invalid-argument', `invalid hardlink "${name}" -> "${target}"`);
  }

  private own(entry: TarEntry): void {
    const { uid, gid } = this.options.owner ?? entry;
    lchownSync(nativePath(this.path), uid, gid);
  }

  private writeAttributes(entry: TarEntry): void {
    for (const [name, value] of entry.attributes ?? [])
      if (!steersOverlay(name)) writeAttribute(this.path, name, value);
  }
}

/** Relative and without `.` and `..`; undefined for a name that leads out of the directory. */
function cleanName(name: string): string | undefined {
  const isAbsolute = name.startsWith('/');
  const parts: string[] = [];
  for (const part of name.split('/'))
    if (part === '..') {
      if (parts.pop() === undefined && !isAbsolute) return undefined;
    } else if (part !== '' && part !== '.') parts.push(part);
  return parts.join('/');
}
