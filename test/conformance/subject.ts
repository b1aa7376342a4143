/**
 * What the conformance tests are run against: our engine, or, with `GANTRY_SUBJECT=dockerd`, Debian's
 * dockerd, which is how an expectation is checked that somebody doubts. Debian's 20.10 fails one: it
 * knows no zstd layers.
 */
import type { DockerCli } from '../support/docker-cli.ts';
import { Dockerd } from '../support/dockerd.ts';
import { startEngine } from '../support/engine.ts';
import type { NetworkNamespace } from '../support/network-namespace.ts';
import type { Registry } from '../support/registry.ts';
import type { HttpAnswer, HttpRequest } from '../support/unix-http.ts';

export interface Subject {
  readonly docker: DockerCli;
  readonly socket: string;
  readonly namespace: NetworkNamespace;
  readonly registry: Registry;
  request(path: string, options?: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export const SUBJECT = process.env['GANTRY_SUBJECT'] === 'dockerd' ? 'dockerd' : 'gantryd';

/** With `busybox` pulled, so that no test pays for it. */
export async function startSubject(): Promise<Subject> {
  const subject = SUBJECT === 'dockerd' ? await Dockerd.start() : await startEngine();
  try {
    await subject.docker.ok('pull', '--quiet', 'busybox');
    return subject;
  } catch (error) {
    await subject.close();
    throw error;
  }
}
