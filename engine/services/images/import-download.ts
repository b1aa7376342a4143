/** Importing from the web: the archive is unpacked as it comes in, with one bar for the whole of it. */
import { EngineError } from '../../contract/errors.ts';
import type { ProgressMessage } from '../../contract/images.ts';
import type { Download, Downloads } from '../../drivers/downloads.ts';
import { parseWebAddress } from '../../formats/web-address.ts';
import { importImage, verifyImport, type ImportParts, type ImportRequest } from './import.ts';
import { ProgressStream, amountLine } from './progress.ts';

export interface ImportDownloadRequest extends Omit<ImportRequest, 'archive'> {
  /** `http://` is understood where it names no scheme. */
  readonly address: string;
}

/**
 * Yields progress, the new image's id last. Throws before the first line for a request that is wrong
 * and for a server that refuses.
 */
export async function* importDownload(
  parts: ImportParts & { readonly downloads: Downloads },
  request: ImportDownloadRequest,
  signal: AbortSignal,
): AsyncGenerator<ProgressMessage> {
  verifyImport(request, parts.host);
  const url = parseWebAddress(request.address, 'http');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new EngineError(
      'invalid-argument',
      `Get "${request.address}": unsupported protocol scheme "${url.protocol.slice(0, -1)}"`,
    );
  const abort = new AbortController();
  const joint = AbortSignal.any([signal, abort.signal]);
  const download = await parts.downloads.open(url, joint);
  const progress = new ProgressStream();
  const archive = shownOn(progress, download);
  const message = request.message || `Imported from ${download.shownAddress}`;
  const work = importImage(parts, { ...request, archive, message }, joint);
  try {
    yield { status: `Downloading from ${download.shownAddress}` };
    yield { status: yield* progress.until(work) };
  } finally {
    // Also when the reader just went away.
    abort.abort(new EngineError('cancelled', 'context canceled'));
    await work.catch(() => {});
  }
}

const INTERVAL_MS = 100;

async function* shownOn(
  progress: ProgressStream,
  { bytes, sizeBytes }: Download,
): AsyncGenerator<Buffer> {
  let current = 0;
  let shownAtMs = performance.now();
  const show = () => progress.push(amountLine('Importing', current, sizeBytes));
  for await (const piece of bytes) {
    current += piece.length;
    if (performance.now() - shownAtMs >= INTERVAL_MS) {
      shownAtMs = performance.now();
      show();
    }
    yield piece;
  }
  show();
}
