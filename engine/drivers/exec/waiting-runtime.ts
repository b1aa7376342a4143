/**
 * A runtime that was started before the file is known that it reads first: it waits there, on a fifo.
 *
 * It does nothing until it has that file. Given up, it ends at once; it ends with the engine too, see
 * `AwaitedConfig`.
 */
import type { Child } from '../../host/child.ts';
import { signalProcess } from '../../host/processes.ts';
import { AwaitedConfig } from '../runtime/awaited-config.ts';

export class WaitingRuntime {
  private readonly child: Child;
  private readonly file: AwaitedConfig;
  private hasEnded = false;
  private ending: Promise<void> | undefined;

  private constructor(child: Child, file: AwaitedConfig) {
    this.child = child;
    this.file = file;
    void child.exited.then(() => (this.hasEnded = true));
  }

  /** `path`: of the file, in a directory that exists. Leaves nothing when `launch` throws. */
  static start(path: string, launch: () => Child): WaitingRuntime {
    const file = new AwaitedConfig(path);
    try {
      return new WaitingRuntime(launch(), file);
    } catch (error) {
      file.withdraw();
      throw error;
    }
  }

  /** False once something ended it. */
  get isWaiting(): boolean {
    return !this.hasEnded;
  }

  takes(text: string): boolean {
    return this.isWaiting && this.file.takes(text);
  }

  /** Gives it what it waits for. Should that fail, it is given up. */
  hand(text: string): Child {
    try {
      this.file.write(text);
    } catch (error) {
      void this.discard();
      throw error;
    }
    return this.child;
  }

  /** Gives it up; resolves when it has ended. Nothing of the file is left then. */
  discard(): Promise<void> {
    return (this.ending ??= this.end());
  }

  private async end(): Promise<void> {
    this.file.withdraw();
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr])
      stream?.destroy();
    if (this.isWaiting) signalProcess(this.child.pid, 'SIGKILL');
    await this.child.exited;
  }
}
