/** What the engine and its file Workers tell each other. A *job* is one request, by number. */
import type { ErrorCode } from '../../contract/errors.ts';
import type { Change, FileTree, PathStat, WriteOptions } from '../container-files.ts';
import type { WritableLayer } from '../snapshots.ts';

export type FileTask =
  | { readonly kind: 'stat'; readonly tree: FileTree; readonly path: string }
  | { readonly kind: 'read'; readonly tree: FileTree; readonly path: string }
  | {
      readonly kind: 'write';
      readonly tree: FileTree;
      readonly path: string;
      readonly options: WriteOptions;
    }
  | { readonly kind: 'export'; readonly tree: FileTree }
  | { readonly kind: 'changes'; readonly layer: WritableLayer }
  | { readonly kind: 'layer'; readonly layer: WritableLayer }
  | { readonly kind: 'size'; readonly layer: WritableLayer };

export type FileRequest =
  | { readonly kind: 'begin'; readonly job: number; readonly task: FileTask }
  /** One more piece of an archive may be sent. */
  | { readonly kind: 'more'; readonly job: number }
  /** A piece of an archive to write. */
  | { readonly kind: 'piece'; readonly job: number; readonly bytes: Uint8Array }
  /** That was the last. */
  | { readonly kind: 'end'; readonly job: number }
  | { readonly kind: 'abort'; readonly job: number };

/** What a job found out, before or instead of an archive. */
export type FileResult = PathStat | readonly Change[] | number;

export type FileReply =
  | { readonly kind: 'result'; readonly job: number; readonly result: FileResult }
  | { readonly kind: 'piece'; readonly job: number; readonly bytes: Uint8Array }
  /** A piece to write was taken. */
  | { readonly kind: 'taken'; readonly job: number }
  | { readonly kind: 'done'; readonly job: number }
  | {
      readonly kind: 'failed';
      readonly job: number;
      readonly code: ErrorCode;
      readonly message: string;
    };

/** Pieces of an archive under way to or from a Worker, for each job. */
export const PIECES_AHEAD_MAX = 4;
