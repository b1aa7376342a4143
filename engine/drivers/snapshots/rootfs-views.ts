/**
 * Rootfs that somebody looks at from elsewhere. Two overlay mounts of one writable layer must never be
 * there at the same time: each would miss what the other writes. So all views of a container are
 * mounts of one file system, and while there is a view but no mount on the machine, a spare mount,
 * attached nowhere, keeps that file system for the next start.
 */
import { close } from 'node:fs';
import { attachTree, cloneTree, closeTree } from '../../host/mount-tree.ts';

interface Viewed {
  count: number;
  spare: number | undefined;
}

export class RootfsViews {
  private readonly viewed = new Map<string, Viewed>();

  /** One more mount of what is mounted at `place`, as a descriptor. */
  open(containerId: string, place: string): number {
    const tree = cloneTree(place);
    const entry = this.viewed.get(containerId) ?? { count: 0, spare: undefined };
    entry.count++;
    this.viewed.set(containerId, entry);
    return tree;
  }

  /** Before `place` is unmounted: true when the file system lives on for the sake of a view. */
  keep(containerId: string, place: string): boolean {
    const entry = this.viewed.get(containerId);
    if (entry === undefined) return false;
    if (entry.spare === undefined) entry.spare = cloneTree(place);
    return true;
  }

  /** Mounts the file system of the views at `place`; false when there is none. */
  attach(containerId: string, place: string): boolean {
    const entry = this.viewed.get(containerId);
    if (entry?.spare === undefined) return false;
    attachTree(entry.spare, place);
    closeTree(entry.spare);
    entry.spare = undefined;
    return true;
  }

  /** The view is over. The last one's end may take the file system down, which waits for the disk. */
  close(containerId: string, tree: number): void {
    closeAside(tree);
    const entry = this.viewed.get(containerId);
    if (entry === undefined || --entry.count > 0) return;
    this.viewed.delete(containerId);
    if (entry.spare !== undefined) closeAside(entry.spare);
  }
}

function closeAside(fd: number): void {
  close(fd, () => {}); // the descriptor is gone either way
}
