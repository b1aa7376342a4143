/**
 * Routes about the engine itself. Source: Docker Engine API v1.50, tag "System".
 */
import * as z from 'zod';
import { queryFilters, route } from './route.ts';

const component = z.object({
  Name: z.string(),
  Version: z.string(),
  Details: z.record(z.string(), z.string()).optional(),
});

export const systemVersion = z.object({
  Platform: z.object({ Name: z.string() }),
  Components: z.array(component),
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string(),
  GitCommit: z.string(),
  GoVersion: z.string(),
  Os: z.string(),
  Arch: z.string(),
  KernelVersion: z.string(),
  BuildTime: z.string(),
});
export type SystemVersion = z.output<typeof systemVersion>;

/** What `docker info` shows. Parts that belong to Swarm or plugins are constant. */
export const systemInfo = z.looseObject({
  ID: z.string(),
  Containers: z.number(),
  ContainersRunning: z.number(),
  ContainersPaused: z.number(),
  ContainersStopped: z.number(),
  Images: z.number(),
  Driver: z.string(),
  DockerRootDir: z.string(),
  Name: z.string(),
  ServerVersion: z.string(),
  OperatingSystem: z.string(),
  OSType: z.string(),
  Architecture: z.string(),
  NCPU: z.number(),
  MemTotal: z.number(),
  Warnings: z.array(z.string()).nullable(),
});
export type SystemInfo = z.output<typeof systemInfo>;

/** One line of `/events`; `status`, `id` and `from` are what clients before 1.22 read and some still do. */
export const eventMessage = z.object({
  status: z.string().optional(),
  id: z.string().optional(),
  from: z.string().optional(),
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
  scope: z.literal('local'),
  time: z.number(),
  timeNano: z.number(),
});
export type EventMessage = z.output<typeof eventMessage>;

export const SYSTEM_ROUTES = {
  ping: route({
    method: 'GET',
    path: '/_ping',
    summary: 'Whether the engine answers; the headers say what it speaks',
    answer: 'stream',
  }),
  pingHead: route({
    method: 'HEAD',
    path: '/_ping',
    summary: 'The headers of a ping alone',
    answer: 'stream',
  }),
  version: route({
    method: 'GET',
    path: '/version',
    summary: 'Versions of the engine and its parts',
    result: systemVersion,
  }),
  info: route({
    method: 'GET',
    path: '/info',
    summary: 'The engine, its machine, and what it holds',
    result: systemInfo,
  }),
  events: route({
    method: 'GET',
    path: '/events',
    summary: 'What happens, as it happens',
    answer: 'json-lines',
    query: z.object({
      since: z.string().default(''),
      until: z.string().default(''),
      filters: queryFilters,
    }),
    result: eventMessage,
  }),
} as const;
