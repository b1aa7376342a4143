/** `/proc/self/mountinfo`. Pure. Source: proc(5). */

export interface MountEntry {
  readonly mountPoint: string;
  /** What is mounted here appears at its peers, and the other way round. */
  readonly isShared: boolean;
  /** What is mounted at its master appears here. */
  readonly isSlave: boolean;
}

/** In the order of the file: of two at one place the later one is on top. */
export function parseMountInfo(text: string): MountEntry[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [before = ''] = line.split(' - ', 1);
      const [, , , , mountPoint = '', , ...optional] = before.split(' ');
      return {
        // Blanks and the like are written as `\040`.
        mountPoint: mountPoint.replace(/\\([0-7]{3})/g, (_code, octal: string) =>
          String.fromCharCode(parseInt(octal, 8)),
        ),
        isShared: optional.some((field) => field.startsWith('shared:')),
        isSlave: optional.some((field) => field.startsWith('master:')),
      };
    });
}

/** The mount that holds an absolute path. */
export function mountOfPath(entries: readonly MountEntry[], path: string): MountEntry | undefined {
  const holds = ({ mountPoint }: MountEntry) =>
    path === mountPoint || path.startsWith(mountPoint === '/' ? '/' : `${mountPoint}/`);
  let best: MountEntry | undefined;
  for (const entry of entries)
    if (holds(entry) && entry.mountPoint.length >= (best?.mountPoint.length ?? 0)) best = entry;
  return best;
}
