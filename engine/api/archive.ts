/** Files of containers over HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  PATH_STAT_HEADER,
  type ARCHIVE_ROUTES,
  type PathStatDocument,
} from '../contract/archive.ts';
import { EngineError } from '../contract/errors.ts';
import { parseReference, withDefaultTag, withTag, type Reference } from '../formats/reference.ts';
import { goFileMode } from '../formats/file-mode.ts';
import { formatTime } from '../host/clock.ts';
import type { ContainerService } from '../services/containers/container-service.ts';
import type { ContainerContents, PathStat } from '../services/containers/contents.ts';
import { chooseEncoding, encoded } from './content-encoding.ts';
import type { Call, Handlers } from './handler.ts';
import { drained } from './reply.ts';

type Routes = typeof ARCHIVE_ROUTES;

export function archiveHandlers(containers: ContainerService): Handlers<Routes> {
  const { contents } = containers;
  return {
    archiveHead: async (call) => {
      const stat = await contents.stat(idOf(call), pathOf(call), call.signal);
      setPathStat(call.response, stat);
    },
    archiveGet: (call) => sendArchive(contents, call),
    archivePut: (call) => takeArchive(contents, call),
    containerChanges: async (call) => {
      const changes = await contents.changes(idOf(call), call.signal);
      const list = changes.map(({ path, kind }) => ({ Path: path, Kind: kind }));
      return list.length > 0 ? list : null; // a Go slice nobody added to
    },
    containerCommit: (call) => commit(containers, call),
    containerExport: async (call) => {
      const bytes = contents.export(idOf(call), call.signal);
      await send(call.response, 'application/octet-stream', bytes, call.signal);
    },
  };
}

function idOf({ params }: { readonly params: Readonly<Record<string, string>> }): string {
  return params['id'] ?? '';
}

function pathOf({ query }: { readonly query: { readonly path: string } }): string {
  if (query.path !== '') return query.path;
  throw new EngineError('invalid-argument', 'bad parameter: path cannot be empty');
}

async function commit(
  containers: ContainerService,
  { query, body, request, signal }: Call<Routes['containerCommit']>,
): Promise<{ Id: string }> {
  const { container, repo, tag, author, comment, pause } = query;
  if (container === '')
    throw new EngineError('invalid-argument', 'invalid name or ID supplied: ""');
  const { searchParams } = new URL(request.url ?? '', 'http://engine');
  const wish = {
    changes: searchParams.getAll('changes'),
    author,
    comment,
    pauses: pause,
    config: body ?? undefined,
    reference: repo === '' ? undefined : referenceOf(repo, tag),
  };
  return { Id: await containers.commit(container, wish, signal) };
}

function referenceOf(repository: string, tag: string): Reference {
  const reference = parseReference(repository);
  if (reference.digest !== undefined)
    throw new EngineError('invalid-argument', 'cannot import digest reference');
  return withDefaultTag(tag === '' ? reference : withTag(reference, tag));
}

function setPathStat(response: ServerResponse, stat: PathStat): void {
  const document: PathStatDocument = {
    name: stat.name,
    size: stat.sizeBytes,
    mode: goFileMode(stat.mode),
    mtime: formatTime(stat.mtimeNs),
    linkTarget: stat.linkTarget,
  };
  response.setHeader(PATH_STAT_HEADER, Buffer.from(JSON.stringify(document)).toString('base64'));
}

async function sendArchive(
  contents: ContainerContents,
  call: Call<Routes['archiveGet']>,
): Promise<void> {
  const { request, response, signal } = call;
  const { stat, bytes } = await contents.read(idOf(call), pathOf(call), signal);
  setPathStat(response, stat);
  const encoding = chooseEncoding(request.headers['accept-encoding']);
  if (encoding !== undefined) response.setHeader('Content-Encoding', encoding);
  await send(response, 'application/x-tar', encoded(bytes, encoding), signal);
}

/** The status goes out with the first piece: what fails before has one of its own. */
async function send(
  response: ServerResponse,
  contentType: string,
  bytes: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  response.setHeader('Content-Type', contentType);
  try {
    for await (const piece of bytes) {
      if (signal.aborted) return;
      if (!response.write(piece)) await drained(response);
    }
    response.end();
  } catch (error) {
    if (!signal.aborted) throw error; // else nobody is there to be told
  }
}

async function takeArchive(
  contents: ContainerContents,
  call: Call<Routes['archivePut']>,
): Promise<void> {
  const { request, query, signal } = call;
  const wish = { keepsKinds: query.noOverwriteDirNonDir, givesToUser: query.copyUIDGID };
  try {
    await contents.write(idOf(call), pathOf(call), bodyOf(request), wish, signal);
  } finally {
    // The rest of a body that was refused: a client that writes on would not see the answer.
    request.resume();
  }
}

/** Leaving the loop early leaves the connection as it is. */
function bodyOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
}
