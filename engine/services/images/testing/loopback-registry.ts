/** Debian's docker-registry on a free loopback port of this machine, over a folder of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, RunningCommand } from '../../../../test/support/command.ts';
import { debianPackage } from '../../../../test/support/debian-packages.ts';
import { RegistryStorage } from '../../../../test/support/registry-storage.ts';

/** bcrypt of `secret`, for the user `tester`. */
const HTPASSWD = 'tester:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

export class LoopbackRegistry implements AsyncDisposable {
  readonly storage: RegistryStorage;
  /** `127.0.0.1:port`. */
  readonly address: string;
  private readonly folder: string;
  private readonly program: RunningCommand;

  private constructor(folder: string, address: string, program: RunningCommand) {
    this.folder = folder;
    this.address = address;
    this.program = program;
    this.storage = new RegistryStorage(join(folder, 'storage'));
  }

  /** `auth`: another way than a password to be let in; `mirrorOf`: what it fetches from there, it keeps. */
  static async start(
    options: { tls?: boolean; password?: boolean; auth?: object; mirrorOf?: string } = {},
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-registry-'));
    const storage = join(folder, 'storage');
    mkdirSync(storage);
    const address = `127.0.0.1:${await freePort()}`;
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    if (options.tls) await makeCertificate(key, certificate);
    const htpasswd = join(folder, 'htpasswd');
    writeFileSync(htpasswd, HTPASSWD);
    const configuration = join(folder, 'config.json');
    writeFileSync(
      configuration,
      JSON.stringify({
        version: '0.1',
        storage: { filesystem: { rootdirectory: storage } },
        http: { addr: address, ...(options.tls && { tls: { certificate, key } }) },
        ...(options.auth && { auth: options.auth }),
        ...(options.mirrorOf && { proxy: { remoteurl: options.mirrorOf } }),
        ...(options.password && { auth: { htpasswd: { realm: 'test', path: htpasswd } } }),
      }),
    );
    const binary = join(await debianPackage('docker-registry'), 'usr/bin/docker-registry');
    const program = new RunningCommand(binary, ['serve', configuration], { timeoutMs: 600_000 });
    await program.outputMatching(/listening on/);
    return new LoopbackRegistry(folder, address, program);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.program.kill('SIGKILL');
    await this.program.result;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function makeCertificate(key: string, certificate: string): Promise<void> {
  await mustRun('openssl', [
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
    ...['-subj', '/CN=self-signed', '-days', '1', '-keyout', key, '-out', certificate],
  ]);
}
