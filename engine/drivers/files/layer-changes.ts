/**
 * What a container changed, read off its writable layer: as a list (`docker diff`) and as a layer for
 * an image (`docker commit`). To be run where `/upper` is the layer, in overlay form, and `/rootfs`
 * what lies beneath.
 *
 * Left out are the places the engine mounts its own things on, which the runtime made in the layer,
 * and directories that are there for the sake of these alone.
 */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { textOfBytes } from '../../formats/tar-entry.ts';
import { tarEntry } from '../../formats/tar-writer.ts';
import {
  OPAQUE_ATTRIBUTE,
  OPAQUE_MARKER,
  OPAQUE_VALUE,
  whiteoutMarker,
} from '../../formats/whiteout.ts';
import { nativePath } from '../../host/byte-paths.ts';
import { readAttribute } from '../../host/file-attributes.ts';
import type { Change } from '../container-files.ts';
import { MemberWriter, namesIn } from './tree-archiver.ts';

const UPPER = '/upper';
const LOWER = '/rootfs';

/** Source: moby `daemon/initlayer/setup_unix.go`, the places it makes before the container does. */
const ENGINE_PLACES = new Set([
  'dev',
  'dev/console',
  'dev/mqueue',
  'dev/pts',
  'dev/shm',
  'etc/hostname',
  'etc/hosts',
  'etc/mtab',
  'etc/resolv.conf',
  'proc',
  'sys',
]);

/** Their times say nothing: the runtime made places in them. */
const ENGINE_PARENTS = new Set(['dev', 'etc']);

interface LayerEntry {
  /** Relative, a byte string. */
  readonly path: string;
  readonly kind: Change['kind'];
  readonly isDirectory: boolean;
  /** A directory that hides everything beneath it. */
  readonly isOpaque: boolean;
}

interface OpenDirectory {
  readonly path: string;
  readonly children: readonly string[];
  readonly hasLower: boolean;
  /** Itself unchanged: told only when something below it is. */
  pending: LayerEntry | undefined;
  next: number;
}

/** `hasLower`: something lies beneath the layer. In the order of names, parents first. */
function* layerEntries(hasLower: boolean): Generator<LayerEntry> {
  const open: OpenDirectory[] = [directoryAt('', hasLower, undefined)];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const child = top.children[top.next++];
    if (child === undefined) {
      open.pop();
      continue;
    }
    const path = top.path === '' ? child : `${top.path}/${child}`;
    const upper = statOf(`${UPPER}/${path}`);
    if (upper === undefined || isEnginePlace(path, upper)) continue;
    const lower = top.hasLower ? statOf(`${LOWER}/${path}`) : undefined;
    const entry = entryOf(path, upper, lower);
    if (!entry.isDirectory) {
      yield* withParents(open);
      yield entry;
      continue;
    }
    const below = lower?.isDirectory() === true && !entry.isOpaque;
    const isSame = below && lower !== undefined && isSameDirectory(path, upper, lower);
    if (!isSame) {
      yield* withParents(open);
      yield entry;
    }
    open.push(directoryAt(path, below, isSame ? entry : undefined));
  }
}

function directoryAt(
  path: string,
  hasLower: boolean,
  pending: LayerEntry | undefined,
): OpenDirectory {
  return { path, hasLower, pending, children: namesIn(`${UPPER}/${path}`), next: 0 };
}

function* withParents(open: readonly OpenDirectory[]): Generator<LayerEntry> {
  for (const directory of open) {
    if (directory.pending === undefined) continue;
    yield directory.pending;
    directory.pending = undefined;
  }
}

function statOf(path: string): Stats | undefined {
  return lstatSync(nativePath(path), { throwIfNoEntry: false });
}

function entryOf(path: string, upper: Stats, lower: Stats | undefined): LayerEntry {
  const isDirectory = upper.isDirectory();
  const isWhiteout = upper.isCharacterDevice() && upper.rdev === 0;
  const isOpaque =
    isDirectory &&
    readAttribute(`${UPPER}/${path}`, OPAQUE_ATTRIBUTE)?.equals(OPAQUE_VALUE) === true;
  return { path, isDirectory, isOpaque, kind: isWhiteout ? 2 : lower === undefined ? 1 : 0 };
}

/** As the runtime made it: an empty file, a directory with nothing in it but such places. */
function isEnginePlace(path: string, stats: Stats): boolean {
  if (!ENGINE_PLACES.has(path)) return false;
  if (stats.isFile()) return stats.size === 0;
  if (!stats.isDirectory()) return false;
  const names = readdirSync(nativePath(`${UPPER}/${path}`), { encoding: 'latin1' });
  return names.every((name) => ENGINE_PLACES.has(`${path}/${name}`));
}

/** Only copied into the layer for the sake of something below it. */
function isSameDirectory(path: string, upper: Stats, lower: Stats): boolean {
  return (
    upper.mode === lower.mode &&
    upper.uid === lower.uid &&
    upper.gid === lower.gid &&
    (upper.mtimeMs === lower.mtimeMs || ENGINE_PARENTS.has(path))
  );
}

export function listChanges(hasLower: boolean): Change[] {
  return [...layerEntries(hasLower)].map(({ path, kind }) => ({
    path: `/${textOfBytes(path)}`,
    kind,
  }));
}

/** The layer as an archive; whiteouts in the form that images have them. Nothing for no change. */
export function* archiveLayer(hasLower: boolean): Generator<Buffer> {
  const writer = new MemberWriter();
  let isEmpty = true;
  for (const { path, kind, isOpaque } of layerEntries(hasLower)) {
    isEmpty = false;
    if (kind === 2) yield* writer.member(tarEntry({ name: whiteoutMarker(path), mode: 0 }));
    else yield* writer.write({ path: `${UPPER}/${path}`, name: path });
    if (isOpaque) yield* writer.member(tarEntry({ name: `${path}/${OPAQUE_MARKER}`, mode: 0 }));
  }
  if (!isEmpty) yield* writer.end();
}

/** Sizes of all files, each once; directories count nothing, as in Docker. */
export function* layerSize(): Generator<undefined, number> {
  const seen = new Set<string>();
  const open = [UPPER];
  let bytes = 0;
  for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
    for (const name of namesIn(directory)) {
      const path = `${directory}/${name}`;
      const stats = statOf(path);
      if (stats === undefined) continue;
      if (stats.isDirectory()) open.push(path);
      else if (stats.nlink === 1 || !seen.has(`${stats.ino}`)) bytes += stats.size;
      if (stats.nlink > 1) seen.add(`${stats.ino}`);
    }
    yield undefined;
  }
  return bytes;
}
