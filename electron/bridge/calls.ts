/** What each call of the window does. Arguments have passed their schema by here. */
import { CONTAINER_ROUTES } from '../../engine/contract/containers.ts';
import { GANTRY_ROUTES } from '../../engine/contract/gantry.ts';
import type { EngineClient } from '../client/engine-client.ts';
import type { CallName, Calls, HostState, Settings } from '../ipc/contract.ts';
import {
  changeContainer,
  findShells,
  inspectImage,
  removeContainer,
  removeImage,
  runContainer,
} from './container-calls.ts';
import type { Tasks } from './tasks.ts';
import type { Terminals } from './terminals.ts';

export type CallHandlers = {
  readonly [N in CallName]: (argument: Calls[N][0]) => Promise<Calls[N][1]> | Calls[N][1];
};

export interface CallSurroundings {
  readonly client: EngineClient;
  readonly tasks: Tasks;
  readonly terminals: Terminals;
  readonly openExternal: (url: string) => Promise<void>;
  readonly retryEngine: () => void;
  readonly diagnostics: () => Promise<string>;
  readonly state: () => HostState;
  readonly changeSettings: (patch: Partial<Settings>) => Promise<Settings>;
}

export function createCallHandlers(around: CallSurroundings): CallHandlers {
  const { client, tasks, terminals } = around;
  return {
    'container.start': ({ id }) => changeContainer(client, 'start', id),
    'container.stop': ({ id }) => changeContainer(client, 'stop', id),
    'container.restart': ({ id }) => changeContainer(client, 'restart', id),
    'container.kill': ({ id }) => changeContainer(client, 'kill', id),
    'container.pause': ({ id }) => changeContainer(client, 'pause', id),
    'container.unpause': ({ id }) => changeContainer(client, 'unpause', id),
    'container.remove': ({ id, ...how }) => removeContainer(client, id, how),
    'container.rename': async ({ id, name }) => {
      await client.call(CONTAINER_ROUTES.containerRename, { params: { id }, query: { name } });
    },
    'container.inspect': ({ id }) =>
      client.call(CONTAINER_ROUTES.containerInspect, { params: { id } }),
    'container.run': (request) => runContainer(client, request),
    'container.shells': ({ id }) => findShells(client, id),
    'container.logPage': ({ id, ...query }) =>
      client.call(GANTRY_ROUTES.logPage, { params: { id }, query }),
    'image.inspect': ({ id }) => inspectImage(client, id),
    'image.remove': ({ reference, force }) => removeImage(client, reference, force),
    'image.pull': ({ reference }) => tasks.pull(reference),
    'task.cancel': ({ taskId }) => tasks.cancel(taskId),
    'task.retry': ({ taskId }) => tasks.retry(taskId),
    'task.dismiss': ({ taskId }) => tasks.dismiss(taskId),
    'terminal.open': (request) => terminals.open(request),
    'terminal.list': ({ containerId }) => terminals.list(containerId),
    'terminal.resize': ({ terminalId, columns, rows }) =>
      terminals.resize(terminalId, columns, rows),
    'terminal.close': ({ terminalId }) => terminals.close(terminalId),
    'engine.retry': () => around.retryEngine(),
    'engine.diagnostics': async () => ({ text: await around.diagnostics() }),
    'settings.read': () => around.state().settings,
    'settings.write': (patch) => around.changeSettings(patch),
    'external.open': ({ url }) => around.openExternal(url),
    'state.read': () => around.state(),
  };
}
