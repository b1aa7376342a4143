/**
 * The real docker CLI: the one on the PATH, else Debian's, unpacked in the cache. It runs with a clean
 * configuration folder, so a developer's logins, contexts and plugins play no part.
 */
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { runCommand, RunningCommand, type CommandOptions, type CommandResult } from './command.ts';
import { debianPackage } from './debian-packages.ts';

export interface DockerOptions extends CommandOptions {
  /** Runs the CLI on a pseudo-terminal, as `-t` wants; stdout then carries what the terminal showed. */
  readonly tty?: boolean;
}

export class DockerCli implements Disposable {
  readonly program: string;
  /** Its `DOCKER_CONFIG`: a test that logs in writes `config.json` here. */
  readonly configFolder: string;
  private readonly socket: string;

  private constructor(program: string, socket: string) {
    this.program = program;
    this.socket = socket;
    this.configFolder = mkdtempSync(join(tmpdir(), 'gantry-docker-'));
  }

  static async forSocket(socket: string): Promise<DockerCli> {
    return new DockerCli(await findDockerCli(), socket);
  }

  /** Runs a command to its end: `docker.run(['ps', '-a'])`. */
  run(args: readonly string[], options: DockerOptions = {}): Promise<CommandResult> {
    if (options.tty) {
      const running = this.start(args, options);
      if (options.input !== undefined) running.end(options.input);
      return running.result;
    }
    return runCommand(this.program, args, { ...options, env: this.environment });
  }

  /** As `run`, and returns what it printed, without the last line's end; throws when it failed. */
  async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    if (code !== 0)
      throw new Error(`docker ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
    return stdout.trimEnd();
  }

  /** Starts a command that runs beside the test; its input stays open until `end()`. */
  start(args: readonly string[], options: DockerOptions = {}): RunningCommand {
    const settings = { ...options, env: this.environment };
    if (!options.tty) return new RunningCommand(this.program, args, settings);
    const line = [this.program, ...args].map(shellQuoted).join(' ');
    return new RunningCommand(
      'script',
      ['--quiet', '--return', '--command', line, '/dev/null'],
      settings,
    );
  }

  /** What the CLI runs with: its socket and its configuration folder. */
  get environment(): NodeJS.ProcessEnv {
    const { PATH, HOME, LANG } = process.env;
    return {
      PATH,
      HOME,
      LANG,
      TERM: 'xterm',
      DOCKER_HOST: `unix://${this.socket}`,
      DOCKER_CONFIG: this.configFolder,
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.configFolder, { recursive: true, force: true });
  }
}

/** The path of the CLI in use. */
export async function findDockerCli(): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'docker');
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not in this folder
    }
  }
  return join(await debianPackage('docker.io'), 'usr/bin/docker');
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
