/** Running programs in tests: to their end with all they wrote, or alongside with output to wait for. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, or 128 + the signal's number. */
  readonly code: number;
  readonly stdoutBytes: Buffer;
}

export interface CommandOptions {
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The program is killed after this long, and the call fails. Default 60 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Runs to the end; a status other than 0 is a result like any other. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const running = new RunningCommand(program, args, options);
  running.end(options.input);
  return running.result;
}

/** Runs to the end and returns what it wrote; throws when it did not end with 0. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await runCommand(program, args, options);
  if (code !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr.trim() || stdout}`);
  }
  return stdout;
}

/** A program that runs beside the test. `result` settles when it has ended and closed its output. */
export class RunningCommand {
  readonly child: ChildProcess;
  readonly result: Promise<CommandResult>;
  private readonly output: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  private readonly title: string;
  private ended = false;

  constructor(program: string, args: readonly string[], options: CommandOptions = {}) {
    this.title = `${program} ${args.join(' ')}`;
    this.child = spawn(program, args, {
      stdio: 'pipe',
      ...(options.env && { env: options.env }),
      ...(options.cwd && { cwd: options.cwd }),
    });
    this.child.stdin?.on('error', () => {}); // a reader that left early tells so by its status
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]?.on('data', (chunk: Buffer) => this.output[name].push(chunk));
    }
    this.result = this.untilEnded(options);
    this.result.catch(() => {}); // whoever awaits it sees it
  }

  get stdout(): string {
    return Buffer.concat(this.output.stdout).toString('utf8');
  }

  get stderr(): string {
    return Buffer.concat(this.output.stderr).toString('utf8');
  }

  write(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Closes the program's input, after `rest`. */
  end(rest?: string | Uint8Array): void {
    if (rest === undefined) this.child.stdin?.end();
    else this.child.stdin?.end(rest);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  /** Waits until what was written so far (stdout, then stderr) matches; fails when the program ends first. */
  async outputMatching(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpMatchArray> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const match = `${this.stdout}\n${this.stderr}`.match(pattern);
      if (match) return match;
      if (this.ended) throw new Error(`${this.title} ended without ${pattern}: ${this.told()}`);
      try {
        await Promise.race([
          once(this.child.stdout as NodeJS.ReadableStream, 'data', { signal: deadline }),
          once(this.child.stderr as NodeJS.ReadableStream, 'data', { signal: deadline }),
          this.result,
        ]);
      } catch (error) {
        if (!deadline.aborted) throw error;
        throw new Error(`${this.title} wrote no ${pattern} in ${timeoutMs} ms: ${this.told()}`, {
          cause: error,
        });
      }
    }
  }

  private told(): string {
    return JSON.stringify({ stdout: this.stdout.slice(-2000), stderr: this.stderr.slice(-2000) });
  }

  private untilEnded(options: CommandOptions): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const { timeoutMs = 60_000 } = options;
      const timer = setTimeout(() => {
        this.kill();
        reject(new Error(`${this.title} still ran after ${timeoutMs} ms: ${this.told()}`));
      }, timeoutMs);
      const abort = (): void => this.kill();
      options.signal?.addEventListener('abort', abort, { once: true });
      this.child.once('error', reject);
      this.child.once('close', (status, signal) => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', abort);
        this.ended = true;
        const { stdout, stderr } = this;
        const code = status ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0);
        resolve({ stdout, stderr, code, stdoutBytes: Buffer.concat(this.output.stdout) });
      });
    });
  }
}

/** `{'--host': 'x'}` as the words `--host x`. */
export function flags(options: Readonly<Record<string, string>>): string[] {
  return Object.entries(options).flat();
}

const SIGNAL_NUMBERS: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
