/**
 * Lays the layers of an image over one another, as overlayfs would, and notes what each brought,
 * replaced and removed. Synchronous: it runs in a Worker. Source: kernel
 * Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories".
 */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { EngineError } from '../../contract/errors.ts';
import { textOfBytes } from '../../formats/tar-entry.ts';
import { OPAQUE_ATTRIBUTE } from '../../formats/whiteout.ts';
import { getAttribute } from '../../host/system-calls.ts';
import type { ChangedFile, FileChange, LayerTotals } from '../store-surveyor.ts';
import { isWhiteoutNode } from './layer-directory.ts';

/** Files of an image that are kept count of: some 150 MB in the Worker. */
const FILES_MAX = 1_000_000;

/** The data behind one name or, with hard links, several. */
interface Content {
  readonly layer: number;
  readonly bytes: number;
  links: number;
}

/** A directory has children, everything else content. */
interface Node {
  readonly content?: Content;
  readonly children?: Map<string, Node>;
}

export interface SurveyedLayer {
  readonly totals: LayerTotals;
  /** Largest first. */
  readonly files: readonly ChangedFile[];
}

export class LayerSurvey {
  private readonly root: Node = { children: new Map() };
  private readonly found: { files: ChangedFile[]; diskBytes: number }[] = [];
  private readonly wasted: number[] = [];
  private fileCount = 0;

  /** Lays the next layer over those before it. */
  add(directory: string): void {
    this.found.push({ files: [], diskBytes: 0 });
    this.wasted.push(0);
    this.walk(directory, '', this.root, new Map());
  }

  results(): SurveyedLayer[] {
    return this.found.map(({ files, diskBytes }, layer) => ({
      totals: {
        added: sumOf(files, 'added'),
        changed: {
          ...sumOf(files, 'changed'),
          previousBytes: files.reduce((sum, file) => sum + (file.previousBytes ?? 0), 0),
        },
        removed: sumOf(files, 'removed'),
        wastedBytes: this.wasted[layer] ?? 0,
        diskBytes,
      },
      files: files.toSorted((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1)),
    }));
  }

  /** `inodes` are those of this layer that have several names. */
  private walk(directory: string, inside: string, node: Node, inodes: Map<number, Content>): void {
    const children = node.children as Map<string, Node>;
    // Byte strings: names need not be UTF-8.
    for (const name of readdirSync(Buffer.from(directory, 'latin1'), 'latin1')) {
      const path = `${directory}/${name}`;
      const shown = `${inside}/${textOfBytes(name)}`;
      const stats = lstatSync(Buffer.from(path, 'latin1'));
      const lower = children.get(name);
      this.layer.diskBytes += stats.nlink > 1 && inodes.has(stats.ino) ? 0 : stats.blocks * 512;
      if (isWhiteoutNode(stats)) {
        if (lower) this.remove(shown, lower);
        children.delete(name);
      } else if (stats.isDirectory()) {
        const isNew = lower?.children === undefined || isOpaque(path);
        if (lower && isNew) this.remove(shown, lower);
        const kept = isNew ? { children: new Map<string, Node>() } : lower;
        children.set(name, kept);
        this.walk(path, shown, kept, inodes);
      } else {
        children.set(name, { content: this.take(shown, stats, lower, inodes) });
      }
    }
  }

  private take(
    path: string,
    stats: Stats,
    lower: Node | undefined,
    inodes: Map<number, Content>,
  ): Content {
    if (++this.fileCount > FILES_MAX)
      throw new EngineError('unavailable', `the image has more than ${FILES_MAX} files`);
    let content = inodes.get(stats.ino);
    const bytes = stats.isFile() && content === undefined ? stats.size : 0;
    content ??= { layer: this.found.length - 1, bytes, links: 0 };
    content.links++;
    if (stats.nlink > 1) inodes.set(stats.ino, content);
    // A directory whose place a file takes is removed with all there was in it.
    const replaced = lower?.content;
    if (lower && !replaced) this.remove(path, lower);
    this.layer.files.push({
      path,
      change: replaced ? 'changed' : 'added',
      bytes,
      ...(replaced && { previousBytes: replaced.bytes }),
    });
    if (replaced) this.letGo(replaced);
    return content;
  }

  private get layer(): { files: ChangedFile[]; diskBytes: number } {
    return this.found.at(-1) as { files: ChangedFile[]; diskBytes: number };
  }

  private remove(path: string, node: Node): void {
    for (const [name, child] of node.children ?? [])
      this.remove(`${path}/${textOfBytes(name)}`, child);
    if (!node.content) return;
    this.layer.files.push({ path, change: 'removed', bytes: node.content.bytes });
    this.letGo(node.content);
  }

  /** Data is wasted once no name leads to it any more. */
  private letGo(content: Content): void {
    if (--content.links > 0) return;
    this.wasted[content.layer] = (this.wasted[content.layer] ?? 0) + content.bytes;
  }
}

function isOpaque(path: string): boolean {
  const text = textOfBytes(path);
  return getAttribute(text, OPAQUE_ATTRIBUTE)?.toString() === 'y';
}

function sumOf(files: readonly ChangedFile[], change: FileChange) {
  const those = files.filter((file) => file.change === change);
  return { files: those.length, bytes: those.reduce((sum, { bytes }) => sum + bytes, 0) };
}
