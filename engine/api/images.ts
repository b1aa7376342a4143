/** The image routes: decode, call the service, encode. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, promises as streams } from 'node:stream';
import { EngineError } from '../contract/errors.ts';
import type { IMAGE_ROUTES, ProgressMessage } from '../contract/images.ts';
import type { ImageSummary } from '../contract/summaries.ts';
import { isDigest } from '../formats/digest.ts';
import {
  parseReference,
  withDefaultTag,
  withDigest,
  withTag,
  type Reference,
} from '../formats/reference.ts';
import type { ImageService } from '../services/images/image-service.ts';
import type { Handlers } from './handler.ts';
import { readCredentials } from './registry-auth.ts';

/** Clients before this version read images without a name as `<none>`. Source: API v1.43 notes. */
const EMPTY_NAMES_SINCE = 43;

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
        .list({ filters: query.filters, withSharedSize: query['shared-size'] })
        .map((summary) => (apiVersion < EMPTY_NAMES_SINCE ? withNoneNames(summary) : summary)),
    imageInspect: ({ params, apiVersion }) => {
      const found = images.inspect(params['name'] ?? '');
      // Gone from 1.44 on; before it clients showed it.
      return apiVersion < 44 ? { ...found, VirtualSize: found.Size } : found;
    },
    imageHistory: ({ params }) => images.history(params['name'] ?? ''),
    imageSave: ({ request, response }) => sendArchive(images, namesIn(request), response),
    imageSaveOne: ({ params, response }) => sendArchive(images, [params['name'] ?? ''], response),
    imageLoad: ({ request, signal }) => loadFrom(images, request, signal),
    imageTag: ({ params, query }) => {
      images.tag(params['name'] ?? '', taggedReference(query.repo, query.tag));
    },
    imageDelete: async ({ params, query }) => {
      const deleted = images.remove(params['name'] ?? '', query.force);
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
  if (query.fromSrc !== '-')
    throw new EngineError(
      'not-implemented',
      'import reads the archive from the request only: fromSrc=-',
    );
  const url = new URL(request.url ?? '', 'http://engine');
  const id = await images.import(
    {
      archive: request,
      reference: query.repo === '' ? undefined : taggedReference(query.repo, query.tag),
      message: query.message,
      changes: url.searchParams.getAll('changes'),
      platform: query.platform,
    },
    signal,
  );
  yield { status: id };
}

/** `names` is given once for each image. */
function namesIn(request: IncomingMessage): string[] {
  const names = new URL(request.url ?? '', 'http://engine').searchParams.getAll('names');
  return names.flatMap((name) => name.split(',')).filter((name) => name !== '');
}

async function sendArchive(
  images: ImageService,
  names: readonly string[],
  response: ServerResponse,
): Promise<void> {
  const archive = images.save(names);
  response.setHeader('Content-Type', 'application/x-tar');
  await streams.pipeline(Readable.from(archive, { objectMode: false }), response);
}

async function* loadFrom(
  images: ImageService,
  archive: IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<ProgressMessage> {
  for await (const { id, tag } of images.load(archive, signal))
    yield { stream: tag === undefined ? `Loaded image ID: ${id}\n` : `Loaded image: ${tag}\n` };
}

/** `tag` may be a digest, and wins over what the name carries. Source: moby postImagesCreate. */
function pulledReference(name: string, tag: string): Reference {
  const reference = parseReference(name);
  if (tag === '') return reference;
  return isDigest(tag) ? withDigest(reference, tag) : withTag(reference, tag);
}

function taggedReference(repository: string, tag: string): Reference {
  const reference = parseReference(repository);
  return withDefaultTag(tag === '' ? reference : withTag(reference, tag));
}

function credentialsIn(request: IncomingMessage) {
  const credentials = readCredentials(request.headers['x-registry-auth']);
  return credentials && { credentials };
}

function withNoneNames(summary: ImageSummary): ImageSummary {
  const { RepoTags, RepoDigests } = summary;
  if (RepoTags.length > 0 || RepoDigests.length > 0) return summary;
  return { ...summary, RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] };
}
