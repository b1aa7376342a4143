/** Attaching over a WebSocket. Source: Docker Engine API v1.50, ContainerAttachWebsocket. Pure. */
import * as z from 'zod';
import { queryBoolean, route } from './route.ts';

export const ATTACH_ROUTES = {
  containerAttachWs: route({
    method: 'GET',
    path: '/containers/{id}/attach/ws',
    summary: 'The standard streams of a container over a WebSocket, unframed',
    query: z.object({
      detachKeys: z.string().default(''),
      logs: queryBoolean,
      stream: queryBoolean,
      stdin: queryBoolean,
      stdout: queryBoolean,
      stderr: queryBoolean,
    }),
    answer: 'hijack',
  }),
} as const;
