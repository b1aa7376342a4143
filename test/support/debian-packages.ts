/**
 * Debian packages unpacked into the cache folder and run from there, never installed: installing
 * docker.io, containerd or docker-registry would start a service on somebody's machine.
 */
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, cachedFolder } from './cache-folder.ts';
import { mustRun, runCommand } from './command.ts';

export type DebianPackage =
  'busybox-static' | 'containerd' | 'docker-registry' | 'docker.io' | 'runc' | 'tini';

/** The folder with the package's files (`usr/bin/…`), downloaded at first use. */
export function debianPackage(name: DebianPackage): Promise<string> {
  return cachedFolder(cacheFolder('debian', name), async (folder) => {
    await download(name, folder);
    const file = readdirSync(folder).find((entry) => entry.endsWith('.deb'));
    if (file === undefined) throw new Error(`apt-get download ${name} brought no file`);
    await mustRun('dpkg', ['-x', join(folder, file), folder]);
    await rm(join(folder, file));
  });
}

async function download(name: DebianPackage, folder: string): Promise<void> {
  const options = { cwd: folder, timeoutMs: 300_000 };
  const first = await runCommand('apt-get', ['download', '-q', name], options);
  if (first.code === 0) return;
  // No package lists yet, or lists older than the archive's newest version.
  await mustRun('apt-get', ['update', '-q'], options);
  await mustRun('apt-get', ['download', '-q', name], options);
}
