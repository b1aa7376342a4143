/** Routes of images and execs the window uses. */
import { z } from 'zod';
import { queryBoolean, route } from '../../engine/contract/route.ts';

export const PENDING_ROUTES = {
  imageCreate: route({
    method: 'POST',
    path: '/images/create',
    summary: 'Pull an image',
    query: z.object({ fromImage: z.string(), tag: z.string() }),
    answer: 'json-lines',
    result: z.object({
      id: z.string().optional(),
      status: z.string().optional(),
      progressDetail: z
        .object({ current: z.number().optional(), total: z.number().optional() })
        .optional(),
    }),
  }),
  imageInspect: route({
    method: 'GET',
    path: '/images/{name*}/json',
    summary: 'Inspect an image',
    result: z.object({
      Id: z.string(),
      RepoTags: z.array(z.string()).nullish(),
      RepoDigests: z.array(z.string()).nullish(),
      Created: z.string().nullish(),
      Size: z.number(),
      Os: z.string(),
      Architecture: z.string(),
      Config: z
        .object({
          Cmd: z.array(z.string()).nullish(),
          Entrypoint: z.array(z.string()).nullish(),
          Env: z.array(z.string()).nullish(),
          WorkingDir: z.string().nullish(),
          User: z.string().nullish(),
          ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
          Labels: z.record(z.string(), z.string()).nullish(),
        })
        .nullish(),
      RootFS: z.object({ Layers: z.array(z.string()).nullish() }).nullish(),
    }),
  }),
  imageDelete: route({
    method: 'DELETE',
    path: '/images/{name*}',
    summary: 'Remove an image',
    query: z.object({ force: queryBoolean, noprune: queryBoolean }),
  }),
  execCreate: route({
    method: 'POST',
    path: '/containers/{id}/exec',
    summary: 'Create an exec',
    body: z.looseObject({}),
    result: z.object({ Id: z.string() }),
  }),
  execStart: route({
    method: 'POST',
    path: '/exec/{id}/start',
    summary: 'Start an exec',
    body: z.looseObject({}),
    answer: 'hijack',
  }),
  execResize: route({
    method: 'POST',
    path: '/exec/{id}/resize',
    summary: 'Resize',
    query: z.object({ h: z.string(), w: z.string() }),
  }),
  execInspect: route({
    method: 'GET',
    path: '/exec/{id}/json',
    summary: 'Inspect an exec',
    result: z.object({ Running: z.boolean(), ExitCode: z.number().nullable() }),
  }),
} as const;
