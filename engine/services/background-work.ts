/** Work that goes on after its request was answered. What fails there is reported, never thrown. */
export class BackgroundWork {
  private readonly report: (what: string, error: unknown) => void;
  private readonly underWay = new Set<Promise<void>>();

  constructor(report: (what: string, error: unknown) => void) {
    this.report = report;
  }

  add(what: string, work: Promise<unknown>): void {
    const settled = this.outcomeOf(what, work).finally(() => this.underWay.delete(settled));
    this.underWay.add(settled);
  }

  private async outcomeOf(what: string, work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.report(what, error);
    }
  }

  /** Resolves when nothing is under way any more, or after `timeoutMs`. */
  async settle(timeoutMs: number): Promise<void> {
    const overdue = AbortSignal.timeout(timeoutMs);
    const timedOut = new Promise<void>((resolve) =>
      overdue.addEventListener('abort', () => resolve(), { once: true }),
    );
    while (this.underWay.size > 0 && !overdue.aborted)
      await Promise.race([Promise.all(this.underWay), timedOut]);
  }
}
