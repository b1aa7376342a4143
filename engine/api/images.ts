/** The image routes: decode, call the service, encode. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, promises as streams } from 'node:stream';
import { EngineError } from '../contract/errors.ts';
import type { IMAGE_ROUTES, ProgressMessage } from '../contract/images.ts';
import type { Filters } from '../contract/route.ts';
import { hexOf, isDigest } from '../formats/digest.ts';
import type { Platform } from '../formats/platform.ts';
import {
  familiarName,
  parseReference,
  withDefaultTag,
  withDigest,
  withTag,
  type Reference,
} from '../formats/reference.ts';
import type { LayerRecord } from '../services/images/image-record.ts';
import type { ImageService } from '../services/images/image-service.ts';
import type { LoadedPart } from '../services/images/load.ts';
import type { Handlers } from './handler.ts';
import { inspectFor, parsePlatformQuery, summaryFor } from './image-versions.ts';
import { readCredentials } from './registry-auth.ts';

/** Parameters are ignored from clients too old to know them. Source: API version history. */
const SINCE = { filterOnly: 41, sharedSize: 42, listManifests: 47, platform: 48, platforms: 50 };

export function imageHandlers(images: ImageService): Handlers<typeof IMAGE_ROUTES> {
  return {
    imageCreate: ({ query, request, signal }) =>
      query.fromImage === ''
        ? importFrom(images, query, request, signal)
        : images.pull(
            {
              reference: pulledReference(query.fromImage, query.tag),
              platform: query.platform,
              ...credentialsIn(request),
            },
            signal,
          ),
    imageList: ({ query, apiVersion }) =>
      images
        .list({
          all: query.all,
          filters: listFilters(query, apiVersion),
          withContainers: false,
          withSharedSize: apiVersion >= SINCE.sharedSize && query['shared-size'],
          withManifests: apiVersion >= SINCE.listManifests && query.manifests,
        })
        .map((summary) => summaryFor(apiVersion, summary)),
    imageInspect: ({ params, query, apiVersion }) => {
      const platform = platformIn(query, apiVersion);
      const withManifests = apiVersion >= SINCE.platform && query.manifests;
      if (withManifests && platform)
        throw new EngineError(
          'invalid-argument',
          'conflicting options: manifests and platform options cannot both be set',
        );
      return inspectFor(
        apiVersion,
        images.inspect(params['name'] ?? '', { withManifests, platform }),
      );
    },
    imageHistory: ({ params, query, apiVersion }) =>
      images.history(params['name'] ?? '', platformIn(query, apiVersion)),
    imageSave: ({ query, request, response, apiVersion }) =>
      sendArchive(images.save(namesIn(request), platformIn(query, apiVersion)), response),
    imageSaveOne: ({ params, query, response, apiVersion }) =>
      sendArchive(images.save([params['name'] ?? ''], platformIn(query, apiVersion)), response),
    imageLoad: ({ query, request, apiVersion, signal }) => {
      const platform = platformIn(query, apiVersion);
      return loadFrom(images.load(request, platform, signal), query.quiet);
    },
    imageTag: ({ params, query }) => {
      images.tag(params['name'] ?? '', taggedReference(query.repo, query.tag));
    },
    imageDelete: async ({ params, query, request, apiVersion }) => {
      const deleted = images.remove(params['name'] ?? '', {
        force: query.force,
        keepsParents: query.noprune,
        platform: apiVersion >= SINCE.platforms ? onePlatformOf(request) : undefined,
      });
      await images.freed(); // who removes an image to make room expects it there afterwards
      return deleted;
    },
    imagePrune: async ({ query }) => {
      const { deleted, reclaimedBytes } = images.prune(query.filters);
      await images.freed();
      return {
        ImagesDeleted: deleted.length > 0 ? deleted : null,
        SpaceReclaimed: reclaimedBytes,
      };
    },
  };
}

interface ImportQuery {
  readonly fromSrc: string;
  readonly repo: string;
  readonly tag: string;
  readonly message: string;
  readonly platform: string;
}

async function* importFrom(
  images: ImageService,
  query: ImportQuery,
  request: IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<ProgressMessage> {
  const url = new URL(request.url ?? '', 'http://engine');
  const wanted = {
    reference: query.repo === '' ? undefined : taggedReference(query.repo, query.tag),
    message: query.message,
    changes: url.searchParams.getAll('changes'),
    platform: query.platform,
  };
  if (query.fromSrc === '-')
    yield { status: await images.import({ ...wanted, archive: request }, signal) };
  else yield* images.importDownload({ ...wanted, address: query.fromSrc }, signal);
}

function platformIn(query: { readonly platform: string }, apiVersion: number) {
  return apiVersion >= SINCE.platform ? parsePlatformQuery(query.platform) : undefined;
}

/** `names` is given once for each image. */
function namesIn(request: IncomingMessage): string[] {
  const names = new URL(request.url ?? '', 'http://engine').searchParams.getAll('names');
  return names.flatMap((name) => name.split(',')).filter((name) => name !== '');
}

async function sendArchive(
  archive: AsyncIterable<Buffer>,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Content-Type', 'application/x-tar');
  await streams.pipeline(Readable.from(archive, { objectMode: false }), response);
}

async function* loadFrom(
  parts: AsyncIterable<LoadedPart>,
  isQuiet: boolean,
): AsyncGenerator<ProgressMessage> {
  for await (const part of parts)
    if (!('layer' in part)) yield { stream: loadedText(part) };
    else if (!isQuiet) yield loadedLayer(part.layer);
}

function loadedText({ id, tag }: { readonly id: string; readonly tag?: string }): string {
  return tag === undefined ? `Loaded image ID: ${id}\n` : `Loaded image: ${tag}\n`;
}

/** A layer counts once it is whole: what came in before that may belong to no image. */
function loadedLayer({ diffId, blobBytes }: LayerRecord): ProgressMessage {
  return {
    status: 'Loading layer',
    progressDetail: { current: blobBytes, total: blobBytes },
    id: hexOf(diffId).slice(0, 12),
  };
}

/** `tag` may be a digest, and wins over what the name carries. Source: moby postImagesCreate. */
function pulledReference(name: string, tag: string): Reference {
  const reference = parseReference(name);
  if (tag === '') return reference;
  return isDigest(tag) ? withDigest(reference, tag) : withTag(reference, tag);
}

function taggedReference(repository: string, tag: string): Reference {
  const reference = parseReference(repository);
  if (reference.digest !== undefined)
    throw new EngineError('invalid-argument', 'cannot import digest reference');
  if (familiarName(reference) === 'sha256')
    throw new EngineError(
      'invalid-argument',
      'refusing to create an ambiguous tag using digest algorithm as name',
    );
  return withDefaultTag(tag === '' ? reference : withTag(reference, tag));
}

function credentialsIn(request: IncomingMessage) {
  const credentials = readCredentials(request.headers['x-registry-auth']);
  return credentials && { credentials };
}

/** `platforms` is given once for each. An image here is of one platform. */
function onePlatformOf(request: IncomingMessage): Platform | undefined {
  const url = new URL(request.url ?? '', 'http://engine');
  const [platform = '', ...more] = url.searchParams.getAll('platforms');
  if (more.length > 0)
    throw new EngineError('invalid-argument', 'multiple platforms are not supported');
  return parsePlatformQuery(platform);
}

function listFilters(
  query: { readonly filters: Filters; readonly filter: string },
  apiVersion: number,
): Filters {
  if (apiVersion >= SINCE.filterOnly || query.filter === '') return query.filters;
  const references = [...(query.filters.get('reference') ?? []), query.filter];
  return new Map([...query.filters, ['reference', references]]);
}
