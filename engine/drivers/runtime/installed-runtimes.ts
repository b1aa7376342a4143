/**
 * Which runtimes this machine has, and which of them works here. A version string proves little: crun
 * refuses some cgroup layouts only when it makes a container. So each candidate for the default runs a
 * container that does nothing, made of the host's own files, and the first that succeeds is taken.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EngineError, messageOf } from '../../contract/errors.ts';
import type { Cgroups } from '../../host/cgroups.ts';
import { run } from '../../host/processes.ts';
import { findProgram, versionOf } from '../../host/programs.ts';
import type { Runtime, Runtimes } from '../runtime.ts';
import { seal, unseal } from './sealed-program.ts';
import { CgroupDirectories } from './cgroup-directories.ts';
import { Crun } from './crun.ts';
import { OciRuntime, type OciRuntimeOptions } from './oci-runtime.ts';

export interface InstalledRuntimesOptions {
  /** Where runtimes keep their state, a folder for each; of this engine alone. */
  readonly root: string;
  readonly cgroups: Pick<Cgroups, 'root' | 'version'>;
  /** For the trial; a path from the root of the hierarchies. */
  readonly cgroupParent: string;
  /** From `--default-runtime`; empty lets the trial decide. */
  readonly defaultName: string;
  /** From `--add-runtime`: name → path. */
  readonly added: Readonly<Record<string, string>>;
  readonly warn: (message: string) => void;
}

/** In order of preference: crun takes a third of the time of runc. */
const CANDIDATES = ['crun', 'runc'];

/** Throws `unavailable` when no runtime is found or none works; nothing is left then. */
export async function findRuntimes(options: InstalledRuntimesOptions): Promise<Runtimes> {
  const paths = new Map<string, string>();
  for (const name of CANDIDATES) {
    const path = findProgram(name);
    if (path !== undefined) paths.set(name, path);
  }
  for (const [name, path] of Object.entries(options.added)) paths.set(name, path);
  const cgroups = new CgroupDirectories(options.cgroups);
  const found = new Map<string, Runtime>();
  const sealed: string[] = [];
  const opened = [...paths].map(([name, path]) =>
    openRuntime({ name, installedPath: path, cgroups, root: join(options.root, name) }, sealed),
  );
  const close = () => sealed.forEach(unseal);
  let defaultName: string;
  try {
    await Promise.allSettled(opened); // whichever fails, all are known to `close`
    for (const runtime of await Promise.all(opened)) found.set(runtime.name, runtime);
    defaultName = await chooseDefault(options, found, cgroups);
  } catch (error) {
    close();
    throw error;
  }
  return {
    defaultName,
    all: () => [...found.values()],
    close,
    find(name) {
      // Docker's clients name dockerd's own default; here it means the engine's.
      const wanted = name === '' || (name === 'runc' && !found.has('runc')) ? defaultName : name;
      const runtime = found.get(wanted);
      if (runtime !== undefined) return runtime;
      throw new EngineError('invalid-argument', `unknown or invalid runtime name: ${name}`);
    },
  };
}

type Draft = Omit<OciRuntimeOptions, 'version' | 'program'>;

/** Adds to `sealed` what is to be unsealed at the end. */
async function openRuntime(draft: Draft, sealed: string[]): Promise<Runtime> {
  const { installedPath } = draft;
  const version = await versionOf(installedPath);
  mkdirSync(draft.root, { recursive: true, mode: 0o700 });
  const isCrun = version.startsWith('crun') || basename(installedPath) === 'crun';
  if (!isCrun) return new OciRuntime({ ...draft, version, program: installedPath });
  const program = `${draft.root}.sealed`;
  const isSealed = seal(installedPath, program);
  if (isSealed) sealed.push(program);
  return new Crun({ ...draft, version, program: isSealed ? program : installedPath });
}

async function chooseDefault(
  options: InstalledRuntimesOptions,
  found: ReadonlyMap<string, Runtime>,
  cgroups: CgroupDirectories,
): Promise<string> {
  if (options.defaultName !== '') {
    if (found.has(options.defaultName)) return options.defaultName;
    throw new EngineError('invalid-argument', `unknown default runtime: ${options.defaultName}`);
  }
  const reasons: string[] = [];
  for (const name of CANDIDATES) {
    const runtime = found.get(name);
    if (runtime === undefined) continue;
    try {
      await tryRuntime(runtime, options, cgroups);
      for (const reason of reasons) options.warn(`using ${name}: ${reason}`);
      return name;
    } catch (error) {
      reasons.push(`${name} does not work here: ${messageOf(error)}`);
    }
  }
  throw new EngineError(
    'unavailable',
    reasons.length > 0 ? reasons.join('; ') : 'no container runtime found: install crun or runc',
  );
}

const TRIAL = 'trial';
const HOST_FOLDERS = ['/usr', '/bin', '/lib', '/lib64'];

async function tryRuntime(
  runtime: Runtime,
  options: InstalledRuntimesOptions,
  cgroups: CgroupDirectories,
): Promise<void> {
  const bundle = join(options.root, `${runtime.name}-${TRIAL}`);
  const cgroupsPath = `${options.cgroupParent}/${TRIAL}`;
  mkdirSync(join(bundle, 'rootfs'), { recursive: true, mode: 0o700 });
  try {
    await runtime.remove(TRIAL, cgroupsPath); // of an engine that was killed in the middle of it
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(trialSpec(cgroupsPath)));
    await run(runtime.program, [...runtime.globalArguments, 'run', '--bundle', bundle, TRIAL]);
  } finally {
    await runtime.remove(TRIAL, cgroupsPath);
    cgroups.remove(options.cgroupParent);
    rmSync(bundle, { recursive: true, force: true });
  }
}

function trialSpec(cgroupsPath: string): object {
  const SAFE = ['nosuid', 'noexec', 'nodev'];
  return {
    ociVersion: '1.0.2',
    process: { user: { uid: 0, gid: 0 }, args: ['/bin/true'], env: [], cwd: '/' },
    root: { path: 'rootfs', readonly: false },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: SAFE },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      ...HOST_FOLDERS.filter((path) => existsSync(path)).map((path) => ({
        destination: path,
        type: 'bind',
        source: path,
        options: ['rbind', 'rprivate', 'ro'],
      })),
    ],
    linux: {
      cgroupsPath,
      namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
      resources: { devices: [{ allow: false, access: 'rwm' }] },
    },
  };
}
