/** What the engine and its unpack Workers tell each other. */
import type { ErrorCode } from '../../contract/errors.ts';
import type { LayerInput, UnpackedLayer, UnpackProgress } from '../unpacker.ts';

export type UnpackRequest =
  | { readonly kind: 'unpack'; readonly input: LayerInput; readonly directory: string }
  | { readonly kind: 'sync'; readonly path: string }
  /** Ends the task at hand. */
  | { readonly kind: 'abort' };

export type UnpackReply =
  | { readonly kind: 'progress'; readonly progress: UnpackProgress }
  | { readonly kind: 'done'; readonly layer: UnpackedLayer | undefined }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };
