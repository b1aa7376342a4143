/**
 * File trees as the root of a thread: what a Worker's synchronous file calls see as `/`. The thread
 * gets a mount namespace of its own, private to it, so nothing it mounts is seen by anybody else and
 * nothing of it outlives the engine. Several such roots can exist; moving between them takes 10 µs.
 *
 * Only in a Worker that does nothing else: the engine's main thread shares its root with Node's pool.
 * Sources: mount_namespaces(7), unshare(2), setns(2), chroot(2); /proc/thread-self.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { check, CLONE, enterNamespace, libc, mount, MS, unshare } from './system-calls.ts';

const O_PATH = 0o10000000;
const NAMESPACE = '/proc/thread-self/ns/mnt';

/** A root that was prepared; `close` gives its mounts back to the kernel. */
export interface ThreadRoot {
  /** The calling thread sees this root from now on. */
  enter(): void;
  close(): void;
}

/** The machine's own root, as the thread had it when it began, and the maker of others. */
export class HomeRoot {
  private readonly namespace: number;
  private current: object = this;

  constructor() {
    unshare(CLONE.FS);
    this.namespace = openSync(NAMESPACE, 'r');
  }

  enter(): void {
    if (this.current === this) return;
    enterNamespace(this.namespace, CLONE.NEWNS);
    this.current = this;
  }

  /** A directory of the machine as a root, with whatever is mounted below it. */
  openDirectory(path: string): ThreadRoot {
    this.enter();
    const root = openSync(path, O_PATH | constants.O_DIRECTORY);
    const enter = () => {
      if (this.current === enter) return;
      this.enter();
      changeRoot(root);
      this.current = enter;
    };
    const close = () => {
      this.enter();
      closeSync(root);
    };
    enter();
    return { enter, close };
  }

  /**
   * A root in a mount namespace of its own. `prepare` runs in it before the thread is shut in: it
   * mounts what is wanted and returns the directory that becomes `/`. `furnish` runs after: no path
   * leads out of the new root any more. Should either throw, nothing is left.
   */
  open(prepare: () => string, furnish: () => void = () => {}): ThreadRoot {
    this.enter();
    const fds: number[] = [];
    const close = () => {
      this.enter();
      for (const fd of fds.splice(0)) closeSync(fd);
    };
    try {
      this.current = fds; // no longer at home
      unshare(CLONE.NEWNS);
      // What happens in here must not spread to the machine's own mounts.
      mount({ source: 'none', target: '/', flags: MS.REC | MS.PRIVATE });
      fds.push(openSync(NAMESPACE, 'r'));
      fds.push(openSync(prepare(), O_PATH | constants.O_DIRECTORY));
      const [namespace = -1, root = -1] = fds;
      const enter = () => {
        if (this.current === fds) return;
        enterNamespace(namespace, CLONE.NEWNS);
        this.current = fds;
        changeRoot(root);
      };
      changeRoot(root);
      furnish();
      return { enter, close };
    } catch (error) {
      close();
      throw error;
    }
  }
}

function changeRoot(directory: number): void {
  check(libc('int fchdir(int fd)')(directory) as number, 'fchdir', `fd ${directory}`);
  check(libc('int chroot(const char *path)')('.') as number, 'chroot', `fd ${directory}`);
}
