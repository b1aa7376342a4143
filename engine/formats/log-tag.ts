/**
 * `--log-opt tag`: a name for a container's messages, made from a template. Pure.
 * Source: Docker manual, "Customize log driver output"; moby `daemon/logger/loginfo.go`.
 */
import { EngineError } from '../contract/errors.ts';

export interface TaggedContainer {
  readonly id: string;
  /** Without slash. */
  readonly name: string;
  readonly imageId: string;
  readonly imageReference: string;
}

const FIELDS: Readonly<Record<string, (container: TaggedContainer) => string>> = {
  ID: ({ id }) => id.slice(0, 12),
  FullID: ({ id }) => id,
  Name: ({ name }) => name,
  ImageID: ({ imageId }) => imageId.replace('sha256:', '').slice(0, 12),
  ImageFullID: ({ imageId }) => imageId,
  ImageName: ({ imageReference }) => imageReference,
  DaemonName: () => 'docker',
};

const ACTION = /\{\{\s*\.(\w+)\s*\}\}/g;

/** Throws `invalid-argument` for a template that says more than names of fields. */
export function checkLogTag(template: string): void {
  for (const [, field = ''] of template.matchAll(ACTION))
    if (!Object.hasOwn(FIELDS, field)) throw invalid(`can't evaluate field ${field}`);
  const rest = template.replaceAll(ACTION, '');
  if (rest.includes('{{'))
    throw invalid(rest.includes('}}') ? 'only names of fields are supported' : 'unclosed action');
}

/** The tag of one container; without a template its short id. */
export function logTag(template: string, container: TaggedContainer): string {
  return (template || '{{.ID}}').replaceAll(
    ACTION,
    (_action, field: string) => FIELDS[field]?.(container) ?? '',
  );
}

function invalid(why: string): EngineError {
  return new EngineError(
    'invalid-argument',
    `failed to initialize logging driver: template: log-tag:1: ${why}`,
  );
}
