/**
 * The two engines of a benchmark: each in a network namespace of its own, with a registry process of
 * its own over one shared storage folder, driven by one docker CLI.
 */
import { fileURLToPath } from 'node:url';
import type { DockerCli } from '../support/docker-cli.ts';
import { Dockerd } from '../support/dockerd.ts';
import { startEngine } from '../support/engine.ts';
import type { NetworkNamespace } from '../support/network-namespace.ts';
import type { HttpAnswer, HttpRequest } from '../support/unix-http.ts';
import { benchmarkImages } from './images.ts';

const BUNDLE = fileURLToPath(new URL('../../build/engine/gantryd.cjs', import.meta.url));

export interface Contestant {
  readonly name: string;
  readonly docker: DockerCli;
  /** Everything the engine keeps lies in here, and its processes name it in their command lines. */
  readonly folder: string;
  readonly namespace: NetworkNamespace;
  readonly socket: string;
  request(path: string, options?: HttpRequest): Promise<HttpAnswer>;
  /** The processes that make up the idle engine. */
  daemonPids(): readonly number[];
}

export interface Contestants extends AsyncDisposable {
  readonly docker: Contestant;
  readonly gantry: Contestant;
}

export async function startContestants(): Promise<Contestants> {
  const storageFolder = await benchmarkImages();
  await using stack = new AsyncDisposableStack();
  const peer = stack.use(await Dockerd.start({ storageFolder }));
  const engine = stack.use(await startEngine({ program: BUNDLE, storageFolder }));
  const closing = stack.move();
  return {
    docker: {
      name: `Docker ${await peer.docker.ok('version', '--format', '{{.Server.Version}}')}`,
      docker: peer.docker,
      folder: peer.folder,
      namespace: peer.namespace,
      socket: peer.socket,
      request: (path, options) => peer.request(path, options),
      daemonPids: () => peer.processIds(),
    },
    gantry: {
      name: 'Gantry',
      docker: engine.docker,
      folder: engine.folder,
      namespace: engine.namespace,
      socket: engine.socket,
      request: (path, options) => engine.request(path, options),
      daemonPids: () => [engine.pid],
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
