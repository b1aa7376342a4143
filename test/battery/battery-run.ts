/** Runs the battery's commands against one engine, in its network namespace and a folder of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { debianPackage } from '../support/debian-packages.ts';
import { busyboxFiles } from '../support/base-images.ts';
import { RunningCommand, type CommandResult } from '../support/command.ts';
import { Dockerd } from '../support/dockerd.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import type { Chapter, Outcome } from './chapter.ts';
import { normalised } from './normalise.ts';
import type { Outcomes } from './recording.ts';

/** After this long the shell and all it started are ended, and the status is 124. */
const COMMAND_TIMEOUT_SECONDS = '60';
const END_BY_FORCE = '--kill-after=2';

type Engine = TestEngine | Dockerd;

export class BatteryRun implements AsyncDisposable {
  private readonly engine: Engine;
  private readonly path: string;
  private folder: string;

  private constructor(engine: Engine, path: string) {
    this.engine = engine;
    this.path = path;
    this.folder = mkdtempSync(join(tmpdir(), 'gantry-battery-'));
  }

  static async start(subject: 'dockerd' | 'gantryd'): Promise<BatteryRun> {
    const engine = subject === 'dockerd' ? await Dockerd.start() : await startEngine();
    const files = await busyboxFiles();
    const { storage } = engine.registry;
    storage.pushImage('library/fetched', { layers: [{ files }], config: { Cmd: ['sh'] } });
    storage.pushImage('library/hollow', { layers: [{ files }], config: { Env: null } });
    storage.pushImage('library/tool', {
      layers: [{ files }, { files: [{ name: 'etc/tool', content: 'a tool\n' }] }],
      created: '2024-01-05T03:04:05Z',
      config: {
        Entrypoint: ['echo', 'tool'],
        Cmd: ['default'],
        Labels: { made: 'here' },
        ExposedPorts: { '80/tcp': {} },
        WorkingDir: '/tmp',
      },
    });
    const busybox = join(await debianPackage('busybox-static'), 'bin');
    const path = [dirname(engine.docker.program), process.env.PATH, busybox].join(delimiter);
    return new BatteryRun(engine, path);
  }

  /** With `busybox` there and nothing else, and the chapter's own preparations made. */
  async begin(chapter: Chapter): Promise<void> {
    await this.reset();
    for (const command of chapter.before ?? []) await this.execute(command);
  }

  /** One command line as a shell runs it, and what came of it. */
  async outcomeOf(command: string): Promise<Outcome> {
    const { code, stdout, stderr } = await this.execute(command);
    const surroundings = { folder: this.folder, engineFolder: this.engine.folder };
    return {
      code,
      stdout: normalised(stdout, surroundings),
      stderr: normalised(stderr, surroundings),
    };
  }

  async outcomesOf(chapter: Chapter): Promise<Outcomes> {
    await this.begin(chapter);
    const outcomes: Record<string, { command: string; outcome: Outcome }[]> = {};
    for (const [title, commands] of Object.entries(chapter.checks)) {
      outcomes[title] = [];
      for (const command of commands)
        outcomes[title].push({ command, outcome: await this.outcomeOf(command) });
    }
    return outcomes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    await this.engine.close();
  }

  private execute(command: string): Promise<CommandResult> {
    const words = ['timeout', END_BY_FORCE, COMMAND_TIMEOUT_SECONDS, 'sh', '-c', command] as const;
    // Its input stays open, as a terminal's does where nobody types.
    return new RunningCommand(...this.engine.namespace.command(...words), {
      cwd: this.folder,
      env: { ...this.engine.docker.environment, PATH: this.path, LC_ALL: 'C' },
      timeoutMs: 90_000,
    }).result;
  }

  private async reset(): Promise<void> {
    rmSync(this.folder, { recursive: true });
    this.folder = mkdtempSync(join(tmpdir(), 'gantry-battery-'));
    await this.execute(
      'docker ps -aq | xargs -r docker rm -fv; docker network prune -f; docker volume ls -q | xargs -r docker volume rm -f; ' +
        'docker images -q | sort -u | xargs -r docker rmi -f; docker pull -q busybox',
    );
  }
}
