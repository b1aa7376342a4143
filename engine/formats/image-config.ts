/**
 * The configuration of an image: the JSON whose digest is the image ID. Parsing is lenient in what
 * does not matter to running the image and strict in what the engine acts on. Pure.
 * Source: OCI image-spec, config.md; Docker image spec v1.2.
 */
import * as z from 'zod';
import { EngineError } from '../contract/errors.ts';
import { isDigest, type Digest } from './digest.ts';
import { parseDocument } from './json-document.ts';

/** Larger configurations are refused unread. */
export const CONFIG_BYTES_MAX = 8 << 20;

const emptyObjects = z.record(
  z.string(),
  z
    .looseObject({})
    .nullable()
    .transform((it) => it ?? {}),
);
const strings = z.array(z.string());

const runConfigSchema = z.looseObject({
  User: z.string().nullish(),
  ExposedPorts: emptyObjects.nullish(),
  Env: strings.nullish(),
  Entrypoint: strings.nullish(),
  Cmd: strings.nullish(),
  Volumes: emptyObjects.nullish(),
  WorkingDir: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  StopSignal: z.string().nullish(),
  Shell: strings.nullish(),
  Healthcheck: z.looseObject({}).nullish(),
  OnBuild: strings.nullish(),
  ArgsEscaped: z.boolean().nullish(),
});

const historySchema = z.looseObject({
  created: z.string().nullish(),
  created_by: z.string().nullish(),
  author: z.string().nullish(),
  comment: z.string().nullish(),
  empty_layer: z.boolean().nullish(),
});

const configSchema = z.looseObject({
  architecture: z.string().default(''),
  os: z.string().default(''),
  variant: z.string().nullish(),
  'os.version': z.string().nullish(),
  created: z.string().nullish(),
  author: z.string().nullish(),
  comment: z.string().nullish(),
  docker_version: z.string().nullish(),
  config: runConfigSchema.nullish(),
  history: z.array(historySchema).nullish(),
  rootfs: z.looseObject({
    type: z.string().default('layers'),
    diff_ids: z.array(z.string().refine(isDigest, 'not a sha256 digest')).nullable(),
  }),
});

export type ImageConfig = z.output<typeof configSchema>;
export type ImageRunConfigJson = z.output<typeof runConfigSchema>;

/** Parses configuration bytes; throws `invalid-argument` naming the field that is wrong. */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  if (bytes.length > CONFIG_BYTES_MAX)
    throw invalid(`image configuration is larger than ${CONFIG_BYTES_MAX} bytes`);
  const document = parseDocument(bytes, 'image configuration');
  const parsed = configSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(`invalid image configuration: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** Layers, lowest first. */
export function diffIdsOf(config: ImageConfig): Digest[] {
  return (config.rootfs.diff_ids ?? []) as Digest[];
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
