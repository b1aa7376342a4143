/** What the window asks of containers and images, in the engine's words. */
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { CONTAINER_ROUTES } from '../../engine/contract/containers.ts';
import { EngineError, hasCode } from '../../engine/contract/errors.ts';
import { EXEC_ROUTES } from '../../engine/contract/exec.ts';
import { IMAGE_ROUTES } from '../../engine/contract/images.ts';
import type { EngineClient } from '../client/engine-client.ts';
import type { ImageDetail, RunRequest } from '../ipc/contract.ts';

/** Best first. */
const SHELLS = ['bash', 'zsh', 'ash', 'sh'] as const;
const SHELLS_DEADLINE_MS = 10_000;

type Verb = 'start' | 'stop' | 'restart' | 'kill' | 'pause' | 'unpause';

const VERBS = {
  start: CONTAINER_ROUTES.containerStart,
  stop: CONTAINER_ROUTES.containerStop,
  restart: CONTAINER_ROUTES.containerRestart,
  kill: CONTAINER_ROUTES.containerKill,
  pause: CONTAINER_ROUTES.containerPause,
  unpause: CONTAINER_ROUTES.containerUnpause,
} as const satisfies Record<Verb, unknown>;

/** A container that is so already is no failure: the click asked for the state, not the change. */
export async function changeContainer(client: EngineClient, verb: Verb, id: string): Promise<void> {
  try {
    await client.call(VERBS[verb], { params: { id } });
  } catch (error) {
    if (!hasCode(error, 'not-modified')) throw error;
  }
}

/** Creates and starts; a container that cannot start is removed, so that the form can be sent again. */
export async function runContainer(
  client: EngineClient,
  request: RunRequest,
): Promise<{ id: string; warnings: readonly string[] }> {
  const { Id: id, Warnings } = await client.call(CONTAINER_ROUTES.containerCreate, {
    query: { name: request.name },
    body: createBodyOf(request),
  });
  try {
    await changeContainer(client, 'start', id);
  } catch (error) {
    await removeContainer(client, id, { force: true, volumes: true }).catch(() => {});
    throw error;
  }
  return { id, warnings: Warnings ?? [] };
}

export function createBodyOf(request: RunRequest) {
  const ports = Map.groupBy(request.ports, (port) => `${port.containerPort}/${port.protocol}`);
  const bindings = [...ports].map(([name, published]) => [
    name,
    published.map(({ hostAddress, hostPort }) => ({
      HostIp: hostAddress,
      HostPort: hostPort === 0 ? '' : String(hostPort),
    })),
  ]);
  return {
    Image: request.image,
    ...(request.command.length > 0 && { Cmd: [...request.command] }),
    Env: [...request.environment],
    Tty: request.tty,
    OpenStdin: request.tty,
    ExposedPorts: Object.fromEntries([...ports.keys()].map((name) => [name, {}])),
    HostConfig: {
      Binds: [...request.mounts],
      PortBindings: Object.fromEntries(bindings),
      AutoRemove: request.removeOnExit,
    },
  };
}

export async function removeContainer(
  client: EngineClient,
  id: string,
  { force, volumes }: { force: boolean; volumes: boolean },
): Promise<void> {
  await client.call(CONTAINER_ROUTES.containerDelete, {
    params: { id },
    query: { force, v: volumes },
  });
}

/** Paths of the shells in a running container; none where there is not even `sh` to ask. */
export async function findShells(client: EngineClient, id: string): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(SHELLS_DEADLINE_MS);
  const search = `for shell in ${SHELLS.join(' ')}; do command -v "$shell"; done`;
  const { Id: execId } = await client.call(EXEC_ROUTES.execCreate, {
    params: { id },
    // A TTY, since without one the output would come in frames.
    body: { AttachStdout: true, AttachStderr: true, Tty: true, Cmd: ['sh', '-c', search] },
    signal,
  });
  try {
    const output = await client.hijack(EXEC_ROUTES.execStart, {
      params: { id: execId },
      body: { Detach: false, Tty: true },
      signal,
    });
    const lines = (await text(output)).split(/\r?\n/);
    return [...new Set(lines.filter(isShell))]; // a runtime's complaint would be among the lines
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}

const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
/** The contract leaves an image's own configuration open; a field of another shape counts as absent. */
const imageConfig = z.object({
  Cmd: texts.catch([]),
  Entrypoint: texts.catch([]),
  Env: texts.catch([]),
  WorkingDir: z.string().catch(''),
  User: z.string().catch(''),
  ExposedPorts: z.record(z.string(), z.unknown()).catch({}),
  Labels: z.record(z.string(), z.string()).catch({}),
});

/** The part of Docker's image inspect a run form needs. */
export async function inspectImage(client: EngineClient, name: string): Promise<ImageDetail> {
  const image = await client.call(IMAGE_ROUTES.imageInspect, { params: { name } });
  const config = imageConfig.parse(image.Config ?? {});
  return {
    id: image.Id,
    repoTags: image.RepoTags,
    repoDigests: image.RepoDigests,
    created: image.Created ?? '',
    sizeBytes: image.Size,
    os: image.Os,
    architecture: image.Architecture,
    command: config.Cmd,
    entrypoint: config.Entrypoint,
    environment: config.Env,
    workingDirectory: config.WorkingDir,
    user: config.User,
    exposedPorts: Object.keys(config.ExposedPorts),
    labels: config.Labels,
    layers: image.RootFS.Layers ?? [],
  };
}

export async function removeImage(
  client: EngineClient,
  reference: string,
  force: boolean,
): Promise<void> {
  await client.call(IMAGE_ROUTES.imageDelete, { params: { name: reference }, query: { force } });
}

function isShell(line: string): boolean {
  return SHELLS.some(
    (shell) => line === shell || (line.startsWith('/') && line.endsWith(`/${shell}`)),
  );
}
