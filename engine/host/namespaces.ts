/**
 * Network namespaces without a process: made, named and entered by the calling thread.
 *
 * Every function is synchronous and leaves the thread in the namespace it came from, whatever
 * happens in between, so no other code of the engine ever runs in a container's network.
 * Sources: network_namespaces(7), setns(2), unshare(2).
 */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { errnoOf } from './errno.ts';
import { CLONE, enterNamespace, MNT, mount, MS, unmount, unshare } from './system-calls.ts';

/** The namespace of the calling thread (not of the process: they differ while one is entered). */
const OWN_NETWORK = '/proc/thread-self/ns/net';

/**
 * Makes a network namespace, runs `prepare` inside it, and keeps it as a mount at `path`, whose
 * directory must exist. Should anything fail, nothing is left.
 */
export function createNetworkNamespace(path: string, prepare: () => void): void {
  const home = openSync(OWN_NETWORK, 'r');
  try {
    writeFileSync(path, '', { flag: 'wx' });
    unshare(CLONE.NEWNET);
    mount({ source: OWN_NETWORK, target: path, flags: MS.BIND });
    prepare();
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') removeNetworkNamespace(path);
    throw error;
  } finally {
    enterNamespace(home, CLONE.NEWNET);
    closeSync(home);
  }
}

/** Runs `work` inside the namespace kept at `path` and returns what it returns. */
export function insideNetworkNamespace<T>(path: string, work: () => T): T {
  const home = openSync(OWN_NETWORK, 'r');
  try {
    const there = openSync(path, 'r');
    try {
      enterNamespace(there, CLONE.NEWNET);
      return work();
    } finally {
      enterNamespace(home, CLONE.NEWNET);
      closeSync(there);
    }
  } finally {
    closeSync(home);
  }
}

/**
 * Takes the name away; the kernel takes the namespace down, in its own time, once no process is
 * left in it. Absent is no error.
 */
export function removeNetworkNamespace(path: string): void {
  try {
    unmount(path, MNT.DETACH);
  } catch (error) {
    if (!['EINVAL', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  }
  rmSync(path, { force: true });
}

/** Makes the directory that namespaces are kept in. */
export function makeNamespaceDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
}
