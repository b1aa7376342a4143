/** Exec over HTTP: the four routes `docker exec` uses. */
import type { EXEC_ROUTES } from '../contract/exec.ts';
import { sizeOf } from '../services/exec/exec-request.ts';
import type { ExecService } from '../services/exec/exec-service.ts';
import type { Call, Handlers } from './handler.ts';

type StartCall = Call<(typeof EXEC_ROUTES)['execStart']>;

export function execHandlers(exec: ExecService): Handlers<typeof EXEC_ROUTES> {
  return {
    execCreate: ({ params, body }) => ({ Id: exec.create(params['id'] ?? '', body) }),
    execStart: (call) => start(exec, call),
    execResize: ({ params, query }) => {
      exec.resize(params['id'] ?? '', { rows: query.h, columns: query.w });
    },
    execInspect: ({ params }) => exec.inspect(params['id'] ?? ''),
  };
}

async function start(exec: ExecService, call: StartCall): Promise<void> {
  const { body, params, request, response, apiVersion } = call;
  // Multiplexed is announced since API 1.42 and only to clients that upgrade. Source: moby exec.go.
  const isUpgrade = request.headers.upgrade !== undefined;
  const contentType =
    !body.Tty && apiVersion >= 42 && isUpgrade
      ? 'application/vnd.docker.multiplexed-stream'
      : 'application/vnd.docker.raw-stream';
  const startRequest = {
    isDetached: body.Detach,
    isFramed: !body.Tty,
    consoleSize: body.Tty && apiVersion >= 42 ? sizeOf(body.ConsoleSize) : undefined,
  };
  await exec.start(params['id'] ?? '', startRequest, () => call.hijack(contentType));
  if (body.Detach) response.writeHead(200, { 'Content-Length': '0' }).end();
}
