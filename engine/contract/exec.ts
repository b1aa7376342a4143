/** Running a further program in a container. Source: Docker Engine API v1.50, Exec. Pure. */
import * as z from 'zod';
import { route } from './route.ts';

/** Go's zero values: absent and null read as the empty value. */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
/** `[height, width]` in characters. */
const consoleSize = z.tuple([z.int().min(0), z.int().min(0)]).nullish();

export const execCreateBody = z.object({
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  Tty: flag,
  Privileged: flag,
  /** A bare string counts as one word. Source: moby `strslice.StrSlice`. */
  Cmd: z
    .union([z.array(z.string()), z.string().transform((word) => [word])])
    .nullish()
    .transform((value) => value ?? []),
  Env: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
  User: text,
  WorkingDir: text,
  DetachKeys: text,
  ConsoleSize: consoleSize,
});
export type ExecCreateBody = z.output<typeof execCreateBody>;

export const execStartBody = z
  .object({ Detach: flag, Tty: flag, ConsoleSize: consoleSize })
  .nullish()
  .transform((value) => value ?? { Detach: false, Tty: false });

export const execInspect = z.object({
  ID: z.string(),
  Running: z.boolean(),
  /** Null until it ended. */
  ExitCode: z.number().nullable(),
  ProcessConfig: z.object({
    tty: z.boolean(),
    entrypoint: z.string(),
    arguments: z.array(z.string()),
    privileged: z.boolean(),
    user: z.string().optional(),
  }),
  OpenStdin: z.boolean(),
  OpenStderr: z.boolean(),
  OpenStdout: z.boolean(),
  CanRemove: z.boolean(),
  ContainerID: z.string(),
  /** Base64 of the keys' bytes. */
  DetachKeys: z.string(),
  /** On the host; 0 before it started. */
  Pid: z.number(),
});
export type ExecInspect = z.output<typeof execInspect>;

/** An unsigned number of 32 bits: strict, unlike other numbers in queries. */
const size = (name: 'height' | 'width') =>
  z
    .string()
    .default('')
    .transform((value, context) => {
      const problem = sizeProblem(value);
      if (problem === undefined) return Number(value);
      context.addIssue({
        code: 'custom',
        message: `invalid resize ${name} "${value}": ${problem}`,
      });
      return z.NEVER;
    });

/** Go's words for what is no unsigned number of 32 bits. Source: moby `httputils.Uint32Value`. */
export function sizeProblem(text: string): string | undefined {
  if (!/^-?\d+$/.test(text)) return 'invalid syntax';
  return /^\d+$/.test(text) && Number(text) < 2 ** 32 ? undefined : 'value out of range';
}

export const EXEC_ROUTES = {
  execCreate: route({
    method: 'POST',
    path: '/containers/{id}/exec',
    summary: 'Prepare a program to run in a running container',
    body: execCreateBody,
    result: z.object({ Id: z.string() }),
    status: 201,
  }),
  execStart: route({
    method: 'POST',
    path: '/exec/{id}/start',
    summary: 'Run a prepared program, attached to the connection or detached',
    body: execStartBody,
    answer: 'hijack',
  }),
  execResize: route({
    method: 'POST',
    path: '/exec/{id}/resize',
    summary: "Set the size of a program's terminal",
    query: z.object({ h: size('height'), w: size('width') }),
  }),
  execInspect: route({
    method: 'GET',
    path: '/exec/{id}/json',
    summary: 'A program prepared, running or ended',
    result: execInspect,
  }),
} as const;
