/**
 * Removing a container's cgroup without a process: rmdir(2) in every hierarchy, innermost first.
 * Sources: cgroups(7), "Removing a cgroup".
 */
import { readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Cgroups } from '../../host/cgroups.ts';
import { errnoOf } from '../../host/errno.ts';

export class CgroupDirectories {
  /** Where hierarchies are mounted: one on v2; on v1 each controller, named ones and v2 beside it. */
  private readonly mounts: readonly string[];

  constructor(cgroups: Pick<Cgroups, 'root' | 'version'>) {
    this.mounts =
      cgroups.version === 2
        ? [cgroups.root]
        : readdirSync(cgroups.root, { withFileTypes: true })
            .filter((entry) => entry.isDirectory())
            .map((entry) => join(cgroups.root, entry.name));
  }

  /** False when processes are still in it. Absent is true. */
  remove(cgroupsPath: string): boolean {
    // Not every(): what can be removed is removed.
    return this.mounts.map((mount) => removeTree(mount + cgroupsPath)).every(Boolean);
  }

  /** Names of the cgroups directly below `cgroupsPath`. */
  children(cgroupsPath: string): string[] {
    const names = this.mounts.flatMap((mount) => directoriesIn(mount + cgroupsPath));
    return [...new Set(names)];
  }

  /** On either version. Sources: freezer-subsystem.rst, cgroup-v2.rst `cgroup.freeze`. */
  isFrozen(cgroupsPath: string): boolean {
    return this.mounts.some(
      (mount) =>
        ['FROZEN', 'FREEZING'].includes(
          readLines(`${mount}${cgroupsPath}/freezer.state`)[0] ?? '',
        ) || readLines(`${mount}${cgroupsPath}/cgroup.freeze`)[0] === '1',
    );
  }

  /** Pids in it and below it. */
  processes(cgroupsPath: string): number[] {
    const found = new Set<number>();
    const visit = (path: string) => {
      for (const pid of readLines(join(path, 'cgroup.procs'))) found.add(Number(pid));
      for (const name of directoriesIn(path)) visit(join(path, name));
    };
    // All hierarchies agree on who is in it; the first that has it tells.
    for (const mount of this.mounts) {
      visit(mount + cgroupsPath);
      if (found.size > 0) break;
    }
    return [...found];
  }
}

function removeTree(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return true;
    if (errno !== 'ENOTEMPTY' && errno !== 'EBUSY') throw error;
  }
  const below = directoriesIn(path);
  return (
    below.length > 0 && below.every((name) => removeTree(join(path, name))) && removeTree(path)
  );
}

function directoriesIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
