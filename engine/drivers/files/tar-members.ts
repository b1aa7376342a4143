/** What members of archives have in common wherever they are unpacked. */
import { constants, writeSync } from 'node:fs';
import type { TarEntry } from '../../formats/tar-entry.ts';

/** Flags of open(2) for a file that is not there yet, and no link to somewhere else. */
export const CREATE_FILE =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** The type bits of mknod(2), of character devices as of whiteouts. */
export const NODE_TYPE = {
  'character-device': 0o020000,
  'block-device': 0o060000,
  fifo: 0o010000,
} as const;

/** Those of an entry that is neither file, directory nor link. */
export function nodeTypeOf({ type }: TarEntry): number {
  return NODE_TYPE[type as keyof typeof NODE_TYPE];
}

/** True for attributes by which overlayfs steers itself: from an archive they could only mislead it. */
export function steersOverlay(attribute: string): boolean {
  return /^(trusted|user)\.overlay\./.test(attribute);
}

/** Writes a piece of a file's data, which goes to its offset where the file has holes. */
export function writeMember(fd: number, bytes: Buffer, offset: number, isSparse: boolean): void {
  let at = 0;
  while (at < bytes.length)
    at += writeSync(fd, bytes, at, bytes.length - at, isSparse ? offset + at : null);
}
