/** The image most tests run: `library/busybox`, made of Debian's static busybox, built once a machine. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, cachedFolder } from './cache-folder.ts';
import { mustRun } from './command.ts';
import { debianPackage } from './debian-packages.ts';
import type { ImageSpec } from './image-layout.ts';
import { RegistryStorage } from './registry-storage.ts';
import type { TarEntry } from './tar-writer.ts';

/** Grows with every change of the images below. */
const REVISION = 1;

/** A registry's storage folder that holds `library/busybox:latest`; copy it, do not write into it. */
export function baseImages(): Promise<string> {
  return cachedFolder(cacheFolder(`base-images-${REVISION}`), async (folder) => {
    new RegistryStorage(folder).pushImage('library/busybox', await busyboxImage());
  });
}

/** busybox with a link for every applet, root and nobody, and the folders programs expect. */
export async function busyboxImage(): Promise<ImageSpec> {
  return { layers: [{ files: await busyboxFiles() }], config: { Cmd: ['sh'] } };
}

export async function busyboxFiles(): Promise<TarEntry[]> {
  const program = join(await debianPackage('busybox-static'), 'bin/busybox');
  const applets = (await mustRun(program, ['--list-full'])).trim().split('\n');
  const folders = ['bin', 'etc', 'home', 'root', 'sbin', 'usr', 'usr/bin', 'usr/sbin', 'var'];
  const directory = (name: string, mode = 0o755): TarEntry => ({
    name: `${name}/`,
    type: 'directory',
    mode,
  });
  return [
    ...folders.map((name) => directory(name, name === 'root' ? 0o700 : 0o755)),
    directory('tmp', 0o1777),
    { name: 'bin/busybox', content: readFileSync(program), mode: 0o755 },
    ...applets
      .filter((path) => path !== 'bin/busybox')
      .map((path): TarEntry => ({
        name: path,
        type: 'symlink',
        link: '/bin/busybox',
        mode: 0o777,
      })),
    {
      name: 'etc/passwd',
      content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
    },
    { name: 'etc/group', content: 'root:x:0:\nstaff:x:50:nobody\nnogroup:x:65534:\n' },
  ];
}
