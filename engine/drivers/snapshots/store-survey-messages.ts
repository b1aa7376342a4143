/** What the engine and its survey Worker tell each other. */
import type { ErrorCode } from '../../contract/errors.ts';
import type { FileListRequest } from '../store-surveyor.ts';

export type SurveyRequest =
  | { readonly kind: 'digest'; readonly path: string }
  | { readonly kind: 'compare'; readonly blobPath: string; readonly directory: string }
  | { readonly kind: 'survey'; readonly directories: readonly string[] }
  | ({ readonly kind: 'files' } & FileListRequest);

export type SurveyReply =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };
