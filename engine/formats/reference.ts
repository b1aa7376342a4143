/**
 * Image references: how a name as typed (`busybox`) becomes the full one (`docker.io/library/busybox:latest`)
 * and how it is shown again. Parsing refuses what Docker refuses, with its messages. Pure.
 * Source: distribution/reference, "Grammar" and its normalisation to Docker Hub.
 */
import { EngineError } from '../contract/errors.ts';
import { isDigest, type Digest } from './digest.ts';

export interface Reference {
  /** Host and optional port of the registry, `docker.io` for Docker Hub. */
  readonly domain: string;
  /** Repository within the registry, `library/busybox`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const DEFAULT_DOMAIN = 'docker.io';
const LEGACY_DOMAIN = 'index.docker.io';
const OFFICIAL_PREFIX = 'library/';
const NAME_LENGTH_MAX = 255;

const DOMAIN_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const IPV6 = String.raw`\[(?:[a-fA-F0-9:]+)\]`;
const DOMAIN = new RegExp(
  String.raw`^(?:${DOMAIN_LABEL}(?:\.${DOMAIN_LABEL})*|${IPV6})(?::[0-9]+)?$`,
);
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const BARE_ID = /^[0-9a-f]{64}$/;

/** Parses a reference as a person types it; throws `invalid-argument`, `invalid reference format`. */
export function parseReference(text: string): Reference {
  if (BARE_ID.test(text))
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) throw invalid('invalid reference format');

  const { domain, remainder } = splitDomain(at === -1 ? text : text.slice(0, at));
  const colon = remainder.indexOf(':');
  const path = colon === -1 ? remainder : remainder.slice(0, colon);
  const tag = colon === -1 ? undefined : remainder.slice(colon + 1);
  if (path !== path.toLowerCase())
    throw invalid(`invalid reference format: repository name (${path}) must be lowercase`);
  if (!DOMAIN.test(domain) || !PATH.test(path) || (tag !== undefined && !TAG.test(tag)))
    throw invalid('invalid reference format');
  if (path.length > NAME_LENGTH_MAX)
    throw invalid(`repository name must not be more than ${NAME_LENGTH_MAX} characters`);
  return { domain, path, ...(tag !== undefined && { tag }), ...(digest && { digest }) };
}

/** The reference with `latest` where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: 'latest' }
    : reference;
}

/** The reference under another tag, without a digest; throws for what is no tag. */
export function withTag(reference: Reference, tag: string): Reference {
  if (!TAG.test(tag)) throw invalid(`invalid tag format`);
  return { domain: reference.domain, path: reference.path, tag };
}

/** The repository at one digest, without a tag. */
export function withDigest(reference: Reference, digest: Digest): Reference {
  return { domain: reference.domain, path: reference.path, digest };
}

/** Full name without tag and digest: `docker.io/library/busybox`. */
export function repositoryOf(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** The full form, by which references are stored: `docker.io/library/busybox:latest`. */
export function canonicalString(reference: Reference): string {
  return repositoryOf(reference) + suffixOf(reference);
}

/** The short name as Docker shows it, without tag and digest: `busybox`. */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  const official = path.startsWith(OFFICIAL_PREFIX) ? path.slice(OFFICIAL_PREFIX.length) : path;
  // What would be read back as another repository keeps its whole name: `library/a/b`, `a.b/c`.
  if (isHost(path.split('/')[0] ?? '')) return `${domain}/${path}`;
  return official.includes('/') ? path : official;
}

/** The short form as Docker shows it: `busybox:latest`, `busybox@sha256:…`. */
export function familiarString(reference: Reference): string {
  return familiarName(reference) + suffixOf(reference);
}

function suffixOf({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

/** The part before the first slash is a host only if it cannot be a repository name. */
function splitDomain(name: string): { domain: string; remainder: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const hasHost = slash !== -1 && isHost(first);
  const domain = hasHost && first !== LEGACY_DOMAIN ? first : DEFAULT_DOMAIN;
  const rest = hasHost ? name.slice(slash + 1) : name;
  const remainder =
    domain === DEFAULT_DOMAIN && !rest.includes('/') ? OFFICIAL_PREFIX + rest : rest;
  return { domain, remainder };
}

function isHost(component: string): boolean {
  return (
    /[.:]/.test(component) || component === 'localhost' || component !== component.toLowerCase()
  );
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
