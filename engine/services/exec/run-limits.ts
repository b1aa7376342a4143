/** Ends a program when its time is over or a signal says so. */
import type { ExecProcess } from '../../drivers/exec.ts';

type Limited = Pick<ExecProcess, 'kill' | 'started'>;

export class RunLimits implements Disposable {
  isOverdue = false;
  private readonly signal: AbortSignal;
  private process: Limited | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(signal: AbortSignal) {
    this.signal = signal;
    signal.addEventListener('abort', this.kill);
  }

  /** The time to run begins when the program does: a busy machine is not its fault. */
  async hold(process: Limited, limits: { startMs: number; runMs: number }): Promise<void> {
    this.process = process;
    if (this.signal.aborted) this.kill();
    this.setTimer(limits.startMs);
    await process.started();
    if (!this.isOver) this.setTimer(limits.runMs);
  }

  private setTimer(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isOverdue = true;
      this.kill();
    }, ms);
  }

  [Symbol.dispose](): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.signal.removeEventListener('abort', this.kill);
  }

  private readonly kill = (): void => void this.process?.kill();
}
