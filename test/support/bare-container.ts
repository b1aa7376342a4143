/**
 * A container made by a runtime alone, or by crun under conmon, for tests of the parts around one. It has busybox,
 * a network namespace of its own, and a writable root folder that is not an overlay.
 */
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareCgroups } from '../../engine/host/cgroups.ts';
import { mustRun } from './command.ts';
import { debianPackage } from './debian-packages.ts';
import { eventually } from './eventually.ts';

const CGROUPS = '/sys/fs/cgroup';

function removeEmpty(directory: string): true {
  rmdirSync(directory); // refused until the last process has left
  return true;
}

export interface BareContainerOptions {
  /** Its bundle, logs and runtime state go there; the caller removes it after `close`. */
  readonly folder: string;
  readonly args: readonly string[];
  /** Default crun. */
  readonly runtime?: 'crun' | 'runc';
  /** Runs it under conmon, which writes this log. */
  readonly logPath?: string;
}

export class BareContainer implements AsyncDisposable {
  readonly id: string;
  readonly bundlePath: string;
  readonly runtimeRoot: string;
  private readonly runtime: string;
  private readonly exitDirectory: string;

  constructor({ folder, runtime = 'crun' }: BareContainerOptions) {
    this.runtime = runtime;
    this.id = `bare-${process.pid}-${Math.random().toString(16).slice(2)}`;
    this.bundlePath = join(folder, 'bundle');
    this.runtimeRoot = join(folder, 'state');
    this.exitDirectory = join(folder, 'exits');
  }

  static async start(options: BareContainerOptions): Promise<BareContainer> {
    prepareCgroups();
    const container = new BareContainer(options);
    await container.makeBundle(options.args);
    await container.create(options.logPath);
    await container.command('start', container.id);
    return container;
  }

  /** Its exit status; conmon's containers only. */
  async exitCode(): Promise<number> {
    const path = join(this.exitDirectory, this.id);
    return Number(await eventually('the exit', () => readFileSync(path, 'utf8') || undefined));
  }

  /** Tells conmon to open its log anew. Throws ENXIO when it has ended; a plain open would wait for ever. */
  async reopenLog(): Promise<void> {
    const path = join(this.bundlePath, 'ctl');
    await writeFile(path, '2 0 0\n', { flag: constants.O_WRONLY | constants.O_NONBLOCK });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command('delete', '--force', this.id);
    // crun leaves its cgroups to whoever made their parent.
    for (const hierarchy of readdirSync(CGROUPS)) {
      const directory = join(CGROUPS, hierarchy, this.id);
      if (existsSync(directory)) await eventually('an empty cgroup', () => removeEmpty(directory));
    }
  }

  private command(...args: string[]): Promise<string> {
    return mustRun(this.runtime, ['--root', this.runtimeRoot, ...args]);
  }

  private async makeBundle(args: readonly string[]): Promise<void> {
    const rootfs = join(this.bundlePath, 'rootfs');
    for (const name of ['bin', 'etc', 'proc', 'dev', 'sys', 'tmp'])
      mkdirSync(join(rootfs, name), { recursive: true });
    mkdirSync(this.exitDirectory, { recursive: true });
    const busybox = join(await debianPackage('busybox-static'), 'bin/busybox');
    copyFileSync(busybox, join(rootfs, 'bin/busybox'));
    for (const applet of (await mustRun(busybox, ['--list'])).trim().split('\n'))
      if (applet !== 'busybox') symlinkSync('busybox', join(rootfs, 'bin', applet));
    writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n', { mode: 0o644 });
    await mustRun('crun', ['spec', '--bundle', this.bundlePath]);
    const path = join(this.bundlePath, 'config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as {
      process: Record<string, unknown>;
      root: Record<string, unknown>;
    };
    config.process['terminal'] = false;
    config.process['args'] = args;
    config.root['readonly'] = false;
    writeFileSync(path, JSON.stringify(config));
  }

  private async create(logPath: string | undefined): Promise<void> {
    const silent = '</dev/null >/dev/null 2>&1'; // a pipe would stay open as long as it runs
    if (logPath === undefined) {
      const create = `exec ${this.runtime} --root "$1" create --bundle "$2" "$3" ${silent}`;
      await mustRun('sh', ['-c', create, 'sh', this.runtimeRoot, this.bundlePath, this.id]);
      return;
    }
    const conmon = `exec conmon --api-version 1 -c "$3" -u "$3" -r "$(command -v crun)" \
      --runtime-arg "--root=$1" -b "$2" -p "$2/pidfile" --exit-dir "$4" \
      -l "k8s-file:$5" --full-attach ${silent}`;
    const words = [this.runtimeRoot, this.bundlePath, this.id, this.exitDirectory, logPath];
    await mustRun('sh', ['-c', conmon, 'sh', ...words]);
    await eventually('the container', () => this.command('state', this.id));
  }
}
