/**
 * Searching, by the first version of the registry's protocol: of the second none can search. Docker
 * Hub still answers it, and so do some private registries.
 * Source: moby `registry/search_session.go`.
 */
import * as z from 'zod';
import { RegistryError, type Credentials, type FoundRepository } from '../registry.ts';
import { describeFailure } from './connection-errors.ts';
import type { Connection } from './connection.ts';
import { DOCKER_HUB } from './endpoints.ts';
import { basicAuthorization } from './tokens.ts';
import { readBody, send } from './transport.ts';

const ANSWER_BYTES_MAX = 4 << 20;
const HUB_INDEX = 'https://index.docker.io';

const answerSchema = z.object({
  results: z
    .array(
      z.object({
        name: z.string(),
        description: z.string().nullish(),
        star_count: z.number().default(0),
        is_official: z.boolean().default(false),
        is_automated: z.boolean().default(false),
      }),
    )
    .nullish(),
});

export interface SearchPlace {
  readonly base: string;
  readonly connection: Connection;
  readonly credentials: Credentials | undefined;
}

/** `host/term` asks that host, all else Docker Hub. */
export function splitTerm(term: string): { readonly domain: string; readonly term: string } {
  const slash = term.indexOf('/');
  const first = term.slice(0, Math.max(slash, 0));
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const domain = isHost && first !== `index.${DOCKER_HUB}` ? first : DOCKER_HUB;
  const rest = isHost ? term.slice(slash + 1) : term;
  return { domain, term: domain === DOCKER_HUB ? rest.replace(/^library\//, '') : rest };
}

/** The address that is asked for what is on Docker Hub, in place of the registry's own. */
export function indexOf(base: string): string {
  return base === 'https://registry-1.docker.io' ? HUB_INDEX : base;
}

/** Asks one place; throws when it does not answer in the protocol. */
export async function searchAt(
  place: SearchPlace,
  term: string,
  limit: number,
  signal: AbortSignal,
): Promise<FoundRepository[]> {
  const url = `${place.base}/v1/search?${new URLSearchParams({ q: term, n: String(limit) })}`;
  const { connection, credentials } = place;
  const headers: Record<string, string> = credentials?.username
    ? { authorization: basicAuthorization(credentials) }
    : {};
  try {
    const response = await send({ url, headers, connection, signal });
    const body = await readBody(response, ANSWER_BYTES_MAX, 'the list of what was found');
    const status = response.statusCode ?? 0;
    if (status !== 200)
      throw new RegistryError('internal', `Unexpected status code ${status}`, status);
    return repositoriesIn(body);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RegistryError || !(error instanceof Error)) throw error;
    throw new RegistryError('internal', describeFailure(error, 'GET', url), 0, { cause: error });
  }
}

function repositoriesIn(body: Buffer): FoundRepository[] {
  let document: unknown;
  try {
    document = JSON.parse(body.toString('utf8'));
  } catch {
    document = undefined;
  }
  const answer = answerSchema.safeParse(document);
  if (!answer.success)
    throw new RegistryError('internal', 'the registry answers something else than a list', 200);
  return (answer.data.results ?? []).map((found) => ({
    name: found.name,
    description: found.description ?? '',
    starCount: found.star_count,
    isOfficial: found.is_official,
    isAutomated: found.is_automated,
  }));
}
