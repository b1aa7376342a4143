/**
 * Routes of the engine that Docker does not have: what the window lives on. They stand under
 * `/gantry/`, carry no version prefix, and speak the field spellings of Docker where they show
 * Docker's objects.
 */
import * as z from 'zod';
import { queryBoolean, queryInteger, route } from './route.ts';
import { containerSummary, imageSummary } from './summaries.ts';

/** A container as the window shows it: Docker's summary plus the times behind `Status`. */
export const watchedContainer = containerSummary.extend({
  /** RFC 3339, or empty when it never started / has not ended. */
  StartedAt: z.string(),
  FinishedAt: z.string(),
  ExitCode: z.number(),
  RestartCount: z.number(),
  /** `healthy`, `unhealthy`, `starting`, or empty without a health check. */
  Health: z.string(),
  Tty: z.boolean(),
});
export type WatchedContainer = z.output<typeof watchedContainer>;

export const engineSummary = z.object({
  version: z.string(),
  apiVersion: z.string(),
  /** Random for each engine start. */
  instance: z.string(),
  cpus: z.number(),
  memoryBytes: z.number(),
  dataRoot: z.string(),
  warnings: z.array(z.string()),
});
export type EngineSummary = z.output<typeof engineSummary>;

/**
 * List and watch in one: the first message is `reset` with everything, each later one a change.
 * `beat` comes every 15 s when nothing else did.
 */
export const watchMessage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('reset'),
    engine: engineSummary,
    containers: z.array(watchedContainer),
    images: z.array(imageSummary),
  }),
  z.object({ kind: z.literal('container'), value: watchedContainer }),
  z.object({ kind: z.literal('container-gone'), id: z.string() }),
  z.object({ kind: z.literal('image'), value: imageSummary }),
  z.object({ kind: z.literal('image-gone'), id: z.string() }),
  z.object({ kind: z.literal('beat') }),
]);
export type WatchMessage = z.output<typeof watchMessage>;

/**
 * A line of a container's log. `cursor` is its place (bytes into the whole log, all rotated files
 * counted): it grows with every line and stays valid across rotation and engine restarts for as long
 * as the line is kept.
 */
export const logLine = z.object({
  cursor: z.number(),
  stream: z.enum(['stdout', 'stderr']),
  /** RFC 3339 with nanoseconds. */
  time: z.string(),
  /** UTF-8; bytes that are none show as U+FFFD. At most 64 KiB, then `cut`. */
  text: z.string(),
  cut: z.boolean().optional(),
});
export type LogLine = z.output<typeof logLine>;

export const logPage = z.object({
  lines: z.array(logLine),
  /** Cursor of the oldest line kept, and the cursor after the newest. */
  start: z.number(),
  end: z.number(),
  /** Cursor after the last line of this page: `after=` continues here. */
  next: z.number(),
});
export type LogPage = z.output<typeof logPage>;

export const logHit = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('hit'),
    line: logLine,
    ranges: z.array(z.tuple([z.number(), z.number()])),
  }),
  /** Sent now and then, and last with `done`. `limited`: more hits than asked for were left out. */
  z.object({
    kind: z.literal('progress'),
    hits: z.number(),
    scannedBytes: z.number(),
    totalBytes: z.number(),
    done: z.boolean(),
    limited: z.boolean(),
  }),
]);
export type LogHit = z.output<typeof logHit>;

export const GANTRY_ROUTES = {
  watch: route({
    method: 'GET',
    path: '/gantry/watch',
    summary: 'Containers and images: the whole list, then every change',
    answer: 'json-lines',
    result: watchMessage,
  }),
  openapi: route({
    method: 'GET',
    path: '/gantry/openapi.json',
    summary: 'The OpenAPI description of every route',
    result: z.record(z.string(), z.unknown()),
  }),
  logPage: route({
    method: 'GET',
    path: '/gantry/containers/{id}/log',
    summary: 'A page of log lines: the tail, before a cursor, or after one',
    query: z.object({
      /** Lines that end before this cursor (paging back). */
      before: queryInteger,
      /** Lines from this cursor on (paging forward). Neither: the tail. */
      after: queryInteger,
      /** 1 to 5000. */
      lines: queryInteger,
    }),
    result: logPage,
  }),
  logFollow: route({
    method: 'GET',
    path: '/gantry/containers/{id}/log/follow',
    summary:
      'Log lines from a cursor on, as they are written, in batches; ends when the container ends',
    query: z.object({ after: queryInteger }),
    answer: 'json-lines',
    result: logPage,
  }),
  logSearch: route({
    method: 'GET',
    path: '/gantry/containers/{id}/log/search',
    summary: 'Lines that contain a text or match a regular expression, newest first',
    query: z.object({
      q: z.string(),
      regex: queryBoolean,
      case: queryBoolean,
      /** Hits to send, 1 to 10000; the count goes on beyond. */
      limit: queryInteger,
    }),
    answer: 'json-lines',
    result: logHit,
  }),
} as const;
