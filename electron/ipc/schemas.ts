/**
 * What the host accepts from a window: one schema per call and per stream, since a window that shows
 * hostile text (logs, names, labels) is assumed to be taken over one day. Every text and list has a
 * bound. Only the host imports this file; the window needs the types alone. Pure.
 */
import * as z from 'zod';
import {
  TERMINAL_INPUT_LIMIT_BYTES,
  type CallName,
  type Calls,
  type StreamFrame,
  type StreamName,
  type Streams,
} from './contract.ts';

/** A container, image, task or terminal by id or name; never a path. */
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/);
/** An image by id, `sha256:…` or reference. */
const imageReference = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:/@[\]-]{0,1023}$/);
const cursor = z.int().min(0);
const size = z.int().min(1).max(10_000);
const word = z.string().max(128 << 10);
const noArgument = z.undefined().or(z.null().transform(() => undefined));
const ofContainer = z.object({ id });

const publishedPort = z.object({
  hostAddress: z.union([z.ipv4(), z.ipv6(), z.literal('')]),
  hostPort: z.int().min(0).max(65_535),
  containerPort: z.int().min(1).max(65_535),
  protocol: z.enum(['tcp', 'udp']),
});

const runRequest = z.object({
  image: imageReference,
  name: id.optional(),
  command: z.array(word).max(1000),
  ports: z.array(publishedPort).max(1000),
  environment: z.array(word).max(1000),
  mounts: z.array(z.string().max(8192)).max(200),
  tty: z.boolean(),
  removeOnExit: z.boolean(),
});

const settingsPatch = z
  .object({
    theme: z.enum(['system', 'light', 'dark']),
    language: z.enum(['system', 'en', 'zh']),
  })
  .partial();

export const CALL_SCHEMAS = {
  'container.start': ofContainer,
  'container.stop': ofContainer,
  'container.restart': ofContainer,
  'container.kill': ofContainer,
  'container.pause': ofContainer,
  'container.unpause': ofContainer,
  'container.remove': z.object({ id, force: z.boolean(), volumes: z.boolean() }),
  'container.rename': z.object({ id, name: id }),
  'container.inspect': ofContainer,
  'container.run': runRequest,
  'container.shells': ofContainer,
  'container.logPage': z.object({
    id,
    before: cursor.optional(),
    after: cursor.optional(),
    lines: z.int().min(1).max(5000),
  }),
  'image.inspect': z.object({ id: imageReference }),
  'image.remove': z.object({ reference: imageReference, force: z.boolean() }),
  'image.pull': z.object({ reference: imageReference }),
  'task.cancel': z.object({ taskId: id }),
  'task.retry': z.object({ taskId: id }),
  'task.dismiss': z.object({ taskId: id }),
  'terminal.open': z.object({
    containerId: id,
    shell: z.string().min(1).max(4096),
    user: z.string().max(256).optional(),
    columns: size,
    rows: size,
  }),
  'terminal.list': z.object({ containerId: id }),
  'terminal.resize': z.object({ terminalId: id, columns: size, rows: size }),
  'terminal.close': z.object({ terminalId: id }),
  'engine.retry': noArgument,
  'engine.diagnostics': noArgument,
  'settings.read': noArgument,
  'settings.write': settingsPatch,
  'external.open': z.object({ url: z.url({ protocol: /^https?$/ }).max(8192) }),
  'state.read': noArgument,
} as const satisfies { [N in CallName]: z.ZodType<Calls[N][0]> };

export const STREAM_SCHEMAS = {
  'log.follow': z.object({ id, after: cursor }),
  'log.search': z.object({
    id,
    query: z.string().min(1).max(1024),
    regex: z.boolean(),
    matchCase: z.boolean(),
    limit: z.int().min(1).max(10_000),
  }),
  terminal: z.object({ terminalId: id }),
} as const satisfies { [N in StreamName]: z.ZodType<Streams[N][0]> };

/** Frames a window may post on a stream's port. */
export const WINDOW_FRAME: z.ZodType<StreamFrame<Uint8Array>> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message'),
    message: z
      .instanceof(Uint8Array)
      .refine((bytes) => bytes.length <= TERMINAL_INPUT_LIMIT_BYTES, 'too long'),
  }),
  z.object({ type: z.literal('credit'), messages: z.int().min(1).max(1_000_000) }),
  z.object({ type: z.literal('close') }),
]) as z.ZodType<StreamFrame<Uint8Array>>;

export function isCallName(name: unknown): name is CallName {
  return typeof name === 'string' && Object.hasOwn(CALL_SCHEMAS, name);
}

export function isStreamName(name: unknown): name is StreamName {
  return typeof name === 'string' && Object.hasOwn(STREAM_SCHEMAS, name);
}
