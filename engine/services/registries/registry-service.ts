/** What is asked of registries without pulling or pushing: logins, searches, what a name stands for. */
import { EngineError, messageOf } from '../../contract/errors.ts';
import type { DistributionInspect, SearchResult } from '../../contract/registry.ts';
import type { Filters } from '../../contract/route.ts';
import type { Credentials, Registry, Repository } from '../../drivers/registry.ts';
import type { Digest } from '../../formats/digest.ts';
import { CONFIG_BYTES_MAX, parseImageConfig } from '../../formats/image-config.ts';
import { parseManifest } from '../../formats/manifest.ts';
import type { Platform } from '../../formats/platform.ts';
import { withDefaultTag, type Reference } from '../../formats/reference.ts';
import { parseWebAddress } from '../../formats/web-address.ts';
import { shownPlatform } from '../images/platform-match.ts';
import { passesSearch, readSearchFilters } from './search-filters.ts';

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_INDEX = 'index.docker.io';
const FOUND_DEFAULT = 25;
const FOUND_MAX = 100;

export interface SearchQuery {
  readonly term: string;
  readonly limit: number | undefined;
  readonly filters: Filters;
  readonly credentials?: Credentials;
}

export class RegistryService {
  private readonly registry: Registry;

  constructor(registry: Registry) {
    this.registry = registry;
  }

  /** The identity token, or empty; throws `unauthorized` for credentials that are refused. */
  async login(address: string, credentials: Credentials, signal: AbortSignal): Promise<string> {
    const { identityToken } = await this.registry.login(domainOf(address), credentials, signal);
    return identityToken;
  }

  async search(query: SearchQuery, signal: AbortSignal): Promise<SearchResult[]> {
    const { term, limit = FOUND_DEFAULT, filters, credentials } = query;
    if (limit < 1 || limit > FOUND_MAX)
      throw invalid(`limit ${limit} is outside the range of [1, ${FOUND_MAX}]`);
    if (/^https?:\/\//.test(term))
      throw invalid(`invalid repository name: repository name (${term}) should not have a scheme`);
    const wanted = readSearchFilters(filters);
    const found = await this.registry.search(
      { term, limit, ...(credentials && { credentials }) },
      signal,
    );
    return found
      .filter((repository) => passesSearch(repository, wanted))
      .slice(0, limit)
      .map(({ name, description, starCount, isOfficial, isAutomated }) => ({
        star_count: starCount,
        is_official: isOfficial,
        name,
        is_automated: isAutomated,
        description,
      }));
  }

  /** Digest, size and platforms of what the reference stands for. */
  async inspect(
    reference: Reference,
    credentials: Credentials | undefined,
    signal: AbortSignal,
  ): Promise<DistributionInspect> {
    const named = withDefaultTag(reference);
    const repository = this.registry.repository(named, credentials);
    const top = await repository.manifest(named.digest ?? named.tag ?? '', signal);
    const manifest = parseManifest(top.bytes, top.mediaType);
    const platforms =
      manifest.kind === 'index'
        ? manifest.manifests.map(({ platform }) => platform).filter((it) => it !== undefined)
        : [await platformOf(repository, manifest.config.digest, signal)];
    return {
      Descriptor: { mediaType: manifest.mediaType, digest: top.digest, size: top.bytes.length },
      Platforms: platforms.map(shownPlatform),
    };
  }
}

async function platformOf(
  repository: Repository,
  config: Digest,
  signal: AbortSignal,
): Promise<Platform> {
  const bytes = await repository.blob(config, CONFIG_BYTES_MAX, 'the configuration', signal);
  const { os, architecture, variant, 'os.version': version } = parseImageConfig(bytes);
  return {
    os,
    architecture,
    ...(variant && { variant }),
    ...(version && { 'os.version': version }),
  };
}

/** `https://index.docker.io/v1/`, `registry.example:5000` or nothing → the registry's domain. */
function domainOf(address: string): string {
  if (address === '') return DOCKER_HUB;
  try {
    parseWebAddress(address, 'https');
  } catch (error) {
    throw invalid(`unable to parse server address: ${messageOf(error)}`);
  }
  // The parser leaves out a port that is the scheme's own, and certificates go by what was written.
  const host = address.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
  return host === DOCKER_HUB_INDEX ? DOCKER_HUB : host;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
