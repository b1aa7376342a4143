/** File modes as Go writes them into JSON. Pure. Source: Go `io/fs`, FileMode; inode(7). */

const TYPE_MASK = 0o170000;

/** Bits of Go's types by those of `st_mode`; a plain file has none. */
const TYPES: Readonly<Record<number, number>> = {
  0o040000: 2 ** 31,
  0o120000: 2 ** 27,
  0o060000: 2 ** 26,
  0o020000: 2 ** 26 + 2 ** 21,
  0o010000: 2 ** 25,
  0o140000: 2 ** 24,
};
const SETUID = 2 ** 23;
const SETGID = 2 ** 22;
const STICKY = 2 ** 20;

/** `st_mode` as an `os.FileMode`. */
export function goFileMode(mode: number): number {
  return (
    (mode & 0o777) +
    (TYPES[mode & TYPE_MASK] ?? 0) +
    (mode & 0o4000 ? SETUID : 0) +
    (mode & 0o2000 ? SETGID : 0) +
    (mode & 0o1000 ? STICKY : 0)
  );
}
