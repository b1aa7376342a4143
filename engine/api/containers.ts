/** Containers over HTTP. */
import type { CONTAINER_ROUTES } from '../contract/containers.ts';
import type { ContainerService } from '../services/containers/container-service.ts';
import { refuseCheckpoints } from './checkpoints.ts';
import { adaptCreate, adaptUpdate, hostConfigAtStart } from './container-versions.ts';
import type { Call, Handlers } from './handler.ts';

type Routes = typeof CONTAINER_ROUTES;

export function containerHandlers(containers: ContainerService): Handlers<Routes> {
  const idOf = ({ params }: { params: Readonly<Record<string, string>> }) => params['id'] ?? '';
  return {
    containerCreate: async ({ query, body, apiVersion }) => {
      const adapted = adaptCreate(body, apiVersion);
      const created = await containers.create({
        name: query.name,
        platform: apiVersion >= 41 ? query.platform : '',
        body: adapted.body,
        isReadOnlyRecursive: adapted.isReadOnlyRecursive,
      });
      return { Id: created.id, Warnings: [...created.warnings, ...adapted.warnings] };
    },
    containerList: ({ query }) => containers.list(query),
    containerInspect: (call) => containers.inspect(idOf(call), call.query.size),
    containerStart: async (call) => {
      if (call.query.checkpoint !== '') refuseCheckpoints();
      const late = hostConfigAtStart(call.body, call.apiVersion);
      if (late) await containers.configureHost(idOf(call), late);
      return containers.start(idOf(call));
    },
    containerStop: (call) => containers.stop(idOf(call), stopOptions(call)),
    containerKill: (call) => containers.kill(idOf(call), call.query.signal),
    containerRestart: (call) => containers.restart(idOf(call), stopOptions(call)),
    containerPause: (call) => containers.pause(idOf(call)),
    containerUnpause: (call) => containers.unpause(idOf(call)),
    containerTop: async (call) => {
      const { titles, rows } = await containers.top(idOf(call), call.query.ps_args);
      return { Titles: titles, Processes: rows };
    },
    containerUpdate: async (call) => ({
      Warnings: await containers.update(idOf(call), adaptUpdate(call.body, call.apiVersion)),
    }),
    containerWait: (call) => wait(containers, call),
    containerAttach: (call) => attach(containers, call),
    containerResize: (call) => containers.resize(idOf(call), call.query.h, call.query.w),
    containerRename: (call) => containers.rename(idOf(call), call.query.name),
    containerDelete: (call) =>
      call.query.link
        ? containers.removeLink(idOf(call))
        : containers.remove(idOf(call), {
            removeVolumes: call.query.v,
            force: call.query.force,
          }),
    containerPrune: async ({ query }) => {
      const { ids, reclaimedBytes } = await containers.prune(query.filters);
      return { ContainersDeleted: ids.length > 0 ? ids : null, SpaceReclaimed: reclaimedBytes };
    },
  };
}

/** A signal of one's own can be named since API 1.42. Source: API v1.42 notes. */
function stopOptions({ query, apiVersion }: Call<Routes['containerStop']>) {
  return { signal: apiVersion < 42 ? '' : query.signal, timeoutSeconds: query.t };
}

/** Clients start the container only once they have the headers of this answer. */
async function wait(
  containers: ContainerService,
  { params, query, response, signal, apiVersion }: Call<Routes['containerWait']>,
): Promise<void> {
  // Conditions came with API 1.30. Source: API v1.30 notes.
  const condition = apiVersion < 30 ? '' : query.condition;
  const exitCode = containers.wait(params['id'] ?? '', condition, signal);
  response.setHeader('Content-Type', 'application/json');
  response.writeHead(200);
  response.flushHeaders();
  try {
    response.end(`${JSON.stringify({ StatusCode: await exitCode })}\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function attach(
  containers: ContainerService,
  { params, query, request, apiVersion, hijack }: Call<Routes['containerAttach']>,
): Promise<void> {
  const { config } = containers.find(params['id'] ?? '');
  // Multiplexed is announced since API 1.42 and only to clients that upgrade.
  const isUpgrade = request.headers.upgrade !== undefined;
  const contentType =
    !config.Tty && apiVersion >= 42 && isUpgrade
      ? 'application/vnd.docker.multiplexed-stream'
      : 'application/vnd.docker.raw-stream';
  const wish = { ...query, detachKeys: query.detachKeys ?? '' };
  return containers.attach(params['id'] ?? '', wish, () => hijack(contentType));
}
