/**
 * Work nobody waits for: done in the next turn of the event loop, in order, or at once by `finish`.
 * A failure is told as a warning and keeps nothing else from being done.
 */
import { messageOf } from '../../contract/errors.ts';

export class PutOffWork {
  private readonly works: (() => void)[] = [];
  private readonly warn: (message: string) => void;

  constructor(warn: (message: string) => void) {
    this.warn = warn;
  }

  add(work: () => void): void {
    this.works.push(work);
    setImmediate(() => this.finish());
  }

  finish(): void {
    for (const work of this.works.splice(0)) {
      try {
        work();
      } catch (error) {
        this.warn(`network work that was put off failed: ${messageOf(error)}`);
      }
    }
  }
}
