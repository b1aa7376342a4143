/**
 * `Runtime` through an OCI runtime's command line, as runc and those like it take it. The cgroup and
 * the state directory of a container that has ended are removed without starting the runtime.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OciResources } from '../../formats/runtime-spec-resources.ts';
import type { RuntimeSpec } from '../../formats/runtime-spec.ts';
import { startChild } from '../../host/child.ts';
import { removeTree } from '../../host/remove-tree.ts';
import type { Runtime } from '../runtime.ts';
import type { CgroupDirectories } from './cgroup-directories.ts';

export interface OciRuntimeOptions {
  readonly name: string;
  readonly program: string;
  readonly installedPath: string;
  readonly version: string;
  /** Its `--root`, of this engine alone; best on a tmpfs. */
  readonly root: string;
  readonly cgroups: CgroupDirectories;
}

export class OciRuntime implements Runtime {
  readonly name: string;
  readonly program: string;
  readonly installedPath: string;
  readonly version: string;
  readonly globalArguments: readonly string[];
  readonly stateRoot: string;
  private readonly cgroups: CgroupDirectories;

  constructor(options: OciRuntimeOptions) {
    this.name = options.name;
    this.program = options.program;
    this.installedPath = options.installedPath;
    this.version = options.version;
    this.stateRoot = options.root;
    this.cgroups = options.cgroups;
    this.globalArguments = ['--root', options.root];
  }

  isWaiting(containerId: string): boolean {
    return existsSync(join(this.stateRoot, containerId, 'exec.fifo'));
  }

  cgroupsBelow(cgroupsPath: string): string[] {
    return this.cgroups.children(cgroupsPath);
  }

  removeParent(cgroupsPath: string): boolean {
    return this.cgroups.remove(cgroupsPath);
  }

  configText(spec: RuntimeSpec): string {
    return JSON.stringify(spec);
  }

  async release(containerId: string): Promise<void> {
    await this.command(['start', containerId]);
  }

  finishRelease(containerId: string, _pid: number): Promise<void> {
    return this.release(containerId);
  }

  async remove(containerId: string, cgroupsPath: string): Promise<void> {
    if (this.cgroups.remove(cgroupsPath)) return removeTree(join(this.stateRoot, containerId));
    // Processes that did not die with the first one: those of a shared pid namespace.
    await this.command(['delete', '--force', containerId]).catch(() => {});
    await this.killRemaining(cgroupsPath);
    await removeTree(join(this.stateRoot, containerId));
  }

  /** A killed process leaves its cgroup a moment later. */
  private async killRemaining(cgroupsPath: string): Promise<void> {
    for (let waitMs = 1; waitMs < 1000 && !this.cgroups.remove(cgroupsPath); waitMs *= 2) {
      for (const pid of this.cgroups.processes(cgroupsPath)) kill(pid);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  async pause(containerId: string): Promise<void> {
    await this.command(['pause', containerId]);
  }

  async resume(containerId: string): Promise<void> {
    await this.command(['resume', containerId]);
  }

  isPaused(cgroupsPath: string): boolean {
    return this.cgroups.isFrozen(cgroupsPath);
  }

  async update(containerId: string, resources: OciResources): Promise<void> {
    await this.command(['update', '--resources', '-', containerId], JSON.stringify(resources));
  }

  processesOf(cgroupsPath: string): number[] {
    return this.cgroups.processes(cgroupsPath);
  }

  list(): string[] {
    try {
      return readdirSync(this.stateRoot).filter((name) => !name.startsWith('.'));
    } catch {
      return [];
    }
  }

  /** `input` comes by a pipe: crun opens it by the name `/dev/stdin`, which a socket refuses. */
  private async command(args: readonly string[], input?: string): Promise<void> {
    const child = startChild(this.program, [...this.globalArguments, ...args], {
      stdin: input === undefined ? 'null' : 'pipe',
      stdout: 'null',
      stderr: 'pipe',
    });
    child.stdin?.on('error', () => {}).end(input ?? ''); // EPIPE: its own status tells more
    let said = '';
    child.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString('utf8')));
    const status = await child.exited;
    if (status !== 0)
      throw new Error(`${this.name} ${args.join(' ')}: ${said.trim() || `status ${status}`}`);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}
