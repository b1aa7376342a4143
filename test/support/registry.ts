/**
 * A real registry: Debian's docker-registry run from the cache, on a loopback port inside a test's
 * network namespace, over a storage folder of its own.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseImages } from './base-images.ts';
import { flags, mustRun, RunningCommand } from './command.ts';
import { debianPackage } from './debian-packages.ts';
import type { NetworkNamespace } from './network-namespace.ts';
import { RegistryStorage } from './registry-storage.ts';

export interface RegistryOptions {
  readonly namespace: NetworkNamespace;
  /** Default 127.0.0.1. Another one is added to the namespace: it is not this machine to an engine. */
  readonly host?: string;
  /** Default 5000: the namespace is the test's own. */
  readonly port?: number;
  /** HTTPS with a certificate for `localhost` and its address, signed by `caFile`. */
  readonly tls?: boolean;
  /** Asks for the user `tester` with the password `secret`. */
  readonly basicAuth?: boolean;
  /** Serve this folder instead of one of its own; it is left in place. */
  readonly storageFolder?: string;
  /** Begin with `library/busybox`. Default true, unless `storageFolder` is given. */
  readonly withBaseImages?: boolean;
}

export const REGISTRY_LOGIN = { username: 'tester', password: 'secret' } as const;
/** bcrypt of that password: the registry accepts no other hash. */
const HTPASSWD = 'tester:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

export class Registry implements AsyncDisposable {
  readonly storage: RegistryStorage;
  /** `127.0.0.1:5000`, as seen from inside the namespace. */
  readonly address: string;
  readonly url: string;
  /** With `tls`: the authority that signed the certificate. */
  readonly caFile: string;
  private readonly program: RunningCommand;
  private readonly folder: string;

  private constructor(
    folder: string,
    storage: RegistryStorage,
    program: RunningCommand,
    options: RegistryOptions,
  ) {
    this.folder = folder;
    this.storage = storage;
    this.program = program;
    this.address = addressOf(options);
    this.url = `${options.tls ? 'https' : 'http'}://${this.address}`;
    this.caFile = join(folder, 'ca.pem');
  }

  /** Resolves once the registry listens. */
  static async start(options: RegistryOptions): Promise<Registry> {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-registry-'));
    const storage = new RegistryStorage(options.storageFolder ?? join(folder, 'storage'));
    mkdirSync(storage.folder, { recursive: true });
    if (options.withBaseImages ?? options.storageFolder === undefined)
      storage.copyFrom(await baseImages());
    const { namespace, host } = options;
    if (host) await namespace.run('ip', 'address', 'replace', `${host}/32`, 'dev', 'lo');
    if (options.tls) await makeCertificate(folder, host ?? '127.0.0.1');
    writeFileSync(join(folder, 'htpasswd'), HTPASSWD);
    const configuration = join(folder, 'config.json'); // JSON is YAML
    writeFileSync(configuration, JSON.stringify(configurationOf(folder, storage.folder, options)));
    const binary = join(await debianPackage('docker-registry'), 'usr/bin/docker-registry');
    const program = new RunningCommand(...namespace.command(binary, 'serve', configuration), {
      timeoutMs: 3_600_000,
    });
    await program.outputMatching(/listening on/);
    return new Registry(folder, storage, program, options);
  }

  /** Everything it wrote: one line for each request among them. */
  get log(): string {
    return `${this.program.stdout}${this.program.stderr}`;
  }

  /** How many requests so far have this in their line, `GET /v2/library/busybox/blobs`. */
  requestCount(part: string): number {
    const [method = '', path = ''] = part.split(' ');
    return this.log.split('\n').filter((line) => line.includes(`"${method} ${path}`)).length;
  }

  /** Stops answering, as a registry whose machine went away; `close()` is still needed. */
  async stop(): Promise<void> {
    this.program.kill('SIGKILL');
    await this.program.result;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function configurationOf(folder: string, storage: string, options: RegistryOptions): object {
  return {
    version: '0.1',
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: {
      addr: addressOf(options),
      ...(options.tls && {
        tls: { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') },
      }),
    },
    ...(options.basicAuth && {
      auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
    }),
  };
}

function addressOf({ host, port }: RegistryOptions): string {
  return `${host ?? '127.0.0.1'}:${port ?? 5000}`;
}

/** An authority of its own and a certificate for an address, both good for a day. */
async function makeCertificate(folder: string, host: string): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const newKey = { '-newkey': 'ec', '-pkeyopt': 'ec_paramgen_curve:prime256v1' };
  const authority = { ...newKey, '-subj': '/CN=Gantry test authority', '-days': '1' };
  const server = { ...newKey, '-subj': '/CN=localhost' };
  const openssl = (verb: string, bare: string[], named: Record<string, string>): Promise<string> =>
    mustRun('openssl', [verb, ...bare, ...flags(named)]);
  await openssl('req', ['-x509', '-nodes'], {
    ...authority,
    '-keyout': at('ca.key'),
    '-out': at('ca.pem'),
  });
  await openssl('req', ['-nodes'], {
    ...server,
    '-keyout': at('server.key'),
    '-out': at('server.csr'),
  });
  writeFileSync(at('names.cnf'), `subjectAltName=DNS:localhost,IP:${host}\n`);
  await openssl('x509', ['-req', '-CAcreateserial'], {
    '-days': '1',
    '-in': at('server.csr'),
    '-CA': at('ca.pem'),
    '-CAkey': at('ca.key'),
    '-extfile': at('names.cnf'),
    '-out': at('server.pem'),
  });
}
