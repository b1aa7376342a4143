/** A screen that nobody looks at: an X server of the test's own, which chooses its own number. */
import { RunningCommand } from '../support/command.ts';

export class Display implements AsyncDisposable {
  /** `:7`, for the environment variable DISPLAY. */
  readonly name: string;
  private readonly server: RunningCommand;

  private constructor(name: string, server: RunningCommand) {
    this.name = name;
    this.server = server;
  }

  static async open(): Promise<Display> {
    const server = new RunningCommand(
      'Xvfb',
      ['-displayfd', '1', '-screen', '0', '1440x900x24', '-nolisten', 'tcp', '-noreset'],
      { timeoutMs: 3_600_000 },
    );
    const [number = ''] = await server.outputMatching(/^\d+$/m);
    return new Display(`:${number}`, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.kill('SIGTERM');
    await this.server.result;
  }
}
