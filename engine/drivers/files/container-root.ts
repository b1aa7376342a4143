/**
 * What a file Worker sees as `/`: a container's tree with its volumes and binds, or the directory of
 * its writable layer. Sources of mounts are taken hold of before the thread is shut in, and mounted
 * after, when no path of the container's making leads out any more.
 */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../../host/errno.ts';
import {
  attachTree,
  cloneTreeOf,
  closeTree,
  MOUNT_ATTRIBUTE,
  openInside,
  openPath,
  restrictTree,
} from '../../host/mount-tree.ts';
import { MNT, mount, MS, unmount } from '../../host/system-calls.ts';
import type { HomeRoot, ThreadRoot } from '../../host/thread-root.ts';
import type { FileTree, ViewedMount } from '../container-files.ts';
import type { WritableLayer } from '../snapshots.ts';

const O_PATH = 0o10000000;
/** Reading a device node could start a tape or hang for ever; nobody copies one's content. */
const SAFE = MOUNT_ATTRIBUTE.NO_DEVICES | MOUNT_ATTRIBUTE.NO_SETUID;

export function openTreeRoot(
  home: HomeRoot,
  { rootfs, mounts }: FileTree,
  { isRootReadOnly = false } = {},
): ThreadRoot {
  const sources: Source[] = [];
  try {
    return home.open(
      () => {
        for (const wanted of mounts) {
          const source = openSource(wanted, rootfs.place);
          if (source !== undefined) sources.push(source);
        }
        restrictTree(rootfs.tree, SAFE);
        attachTree(rootfs.tree, rootfs.place);
        return rootfs.place;
      },
      () => {
        for (const source of sources) place(source);
        // A link in a volume may lead back to it.
        if (isRootReadOnly) restrictTree(rootfs.tree, MOUNT_ATTRIBUTE.READ_ONLY);
      },
    );
  } finally {
    for (const { tree } of sources) closeTree(tree);
  }
}

/** `/upper` is the layer; `/rootfs` is what lies beneath it. */
export function openLayerRoot(home: HomeRoot, layer: WritableLayer): ThreadRoot {
  return home.open(() => {
    const { directory, lowerOptions } = layer;
    const target = `${directory}/rootfs`;
    if (lowerOptions === undefined) detach(target);
    else
      mount({ source: 'overlay', target, type: 'overlay', flags: MS.RDONLY, data: lowerOptions });
    return directory;
  });
}

/** The same, when what lies beneath is not asked for. */
export function openLayerAlone(home: HomeRoot, { directory }: WritableLayer): ThreadRoot {
  return home.openDirectory(directory);
}

/** In this namespace only: where the container runs, its rootfs is mounted there. */
function detach(target: string): void {
  try {
    unmount(target, MNT.DETACH);
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
  }
}

interface Source {
  readonly wanted: ViewedMount;
  /** A mount attached nowhere yet. */
  readonly tree: number;
  /** Places of procfs in it. */
  readonly procfs: readonly string[];
}

/** `spare`: a directory that layers may be mounted on meanwhile. */
function openSource(wanted: ViewedMount, spare: string): Source | undefined {
  const { source } = wanted;
  if (typeof source === 'string') return openSourceAt(source, wanted);
  const data = source.lowerOptions;
  mount({ source: 'overlay', target: spare, type: 'overlay', flags: MS.RDONLY, data });
  try {
    return openSourceAt(spare, wanted);
  } finally {
    detach(spare);
  }
}

function openSourceAt(source: string, wanted: ViewedMount): Source | undefined {
  const { subpath, readOnly, isRecursive: recursive } = wanted;
  let fd: number;
  try {
    fd = subpath === '' ? openPath(source) : openInside(source, subpath);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const tree = cloneTreeOf(fd, { recursive });
    restrictTree(tree, SAFE | (readOnly ? MOUNT_ATTRIBUTE.READ_ONLY : 0), { recursive });
    return { wanted, tree, procfs: subpath === '' ? procfsWithin(source, recursive) : [] };
  } finally {
    closeTree(fd);
  }
}

/**
 * Where procfs is in a bind, relative to it. The links in there (`/proc/1/root`) lead out of any root.
 * Source: proc(5), /proc/[pid]/mountinfo.
 */
function procfsWithin(source: string, isRecursive: boolean): string[] {
  const top = realpathSync(source);
  const found: string[] = [];
  for (const line of readFileSync('/proc/thread-self/mountinfo', 'latin1').split('\n')) {
    const [, , , , point = ''] = line.split(' ');
    if (!/ - proc /.test(line)) continue;
    if (`${top}/`.startsWith(`${point}/`)) found.push('');
    else if (isRecursive && point.startsWith(top === '/' ? '/' : `${top}/`))
      found.push(point.slice(top === '/' ? 1 : top.length + 1));
  }
  return found;
}

function place({ wanted: { destination }, tree, procfs }: Source): void {
  makePlace(destination, fstatSync(tree).isDirectory());
  const target = openSync(destination, O_PATH);
  try {
    attachTree(tree, target);
  } finally {
    closeSync(target);
  }
  // The kernel changes a mount below another only once both are attached.
  for (const path of procfs) shutProcfs(tree, path);
}

function shutProcfs(tree: number, path: string): void {
  try {
    restrictTree(tree, MOUNT_ATTRIBUTE.NO_SYMLINKS, { path });
  } catch (error) {
    // Something else is mounted over it: nobody gets there.
    if (!['EINVAL', 'ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error;
  }
}

/** As dockerd: what is to be mounted on is made where it is missing. */
function makePlace(destination: string, isDirectory: boolean): void {
  if (statSync(destination, { throwIfNoEntry: false }) !== undefined) return;
  if (isDirectory) {
    mkdirSync(destination, { recursive: true, mode: 0o755 });
    return;
  }
  mkdirSync(dirname(destination), { recursive: true, mode: 0o755 });
  const { O_CREAT, O_WRONLY, O_NONBLOCK } = constants;
  closeSync(openSync(destination, O_CREAT | O_WRONLY | O_NONBLOCK, 0o755));
}
