/**
 * Looks at what the store holds, off the main loop: whether blobs and unpacked layers are what they
 * should be, and which files each layer of an image brought, changed and removed. Nothing is written.
 */
import type { Digest } from '../formats/digest.ts';

export interface StoreSurveyor {
  /** SHA-256 of a file; throws `not-found` when there is none. */
  digestOf(path: string, signal: AbortSignal): Promise<Digest>;

  /**
   * Reads a layer's blob, and holds what it unpacks to against a directory: names, types, sizes,
   * bytes, owners, modes and targets of links. Names that only the directory has are not noticed.
   */
  compareLayer(blobPath: string, directory: string, signal: AbortSignal): Promise<LayerComparison>;

  /** What the layers, lowest first, do to the files of an image. */
  surveyLayers(directories: readonly string[], signal: AbortSignal): Promise<LayerTotals[]>;

  /** A page of one layer's files, largest first; `total` counts all that fit. */
  listFiles(request: FileListRequest, signal: AbortSignal): Promise<FileList>;

  /** Ends work under way. */
  close(): Promise<void>;
}

export interface LayerComparison {
  /** Of the blob as it is on disk. */
  readonly digest: Digest;
  /** Of the archive in it; undefined when the blob is no archive any more. */
  readonly diffId: Digest | undefined;
  /** Names that differ, at most a hundred. */
  readonly differences: readonly string[];
  readonly differenceCount: number;
}

export interface FileCount {
  readonly files: number;
  readonly bytes: number;
}

export interface LayerTotals {
  /** Files the layer has that no lower one had. */
  readonly added: FileCount;
  /** Files it has in place of a lower one's; `previousBytes` is what those took. */
  readonly changed: FileCount & { readonly previousBytes: number };
  /** Lower layers' files that it removed. */
  readonly removed: FileCount;
  /** Bytes of this layer's files that a later layer replaced or removed. */
  readonly wastedBytes: number;
  /** Disk that its files take. */
  readonly diskBytes: number;
}

export type FileChange = 'added' | 'changed' | 'removed';

export interface FileListRequest {
  readonly directories: readonly string[];
  /** Index into `directories`. */
  readonly layer: number;
  /** Undefined for every kind. */
  readonly change: FileChange | undefined;
  readonly offset: number;
  readonly limit: number;
}

export interface ChangedFile {
  /** Absolute within the image; of bytes that are no UTF-8, U+FFFD. */
  readonly path: string;
  readonly change: FileChange;
  /** Of a removed file, what it was. */
  readonly bytes: number;
  /** Of a changed file, before it. */
  readonly previousBytes?: number;
}

export interface FileList {
  readonly files: ChangedFile[];
  readonly total: number;
}
