/** What the engine and its upload Worker tell each other. */
import type { Digest } from '../../formats/digest.ts';
import type { Connection } from './connection.ts';

/** One request whose body is a file, or what is left of it. */
export interface SendTask {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connection: Connection;
  readonly path: string;
  /** Pack it with gzip on the way. */
  readonly isPackedAnew: boolean;
  /** Of what is sent: where to begin. */
  readonly offset: number;
}

/** The registry's answer, and what the whole body was from offset 0 on. */
export interface SendAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly challenge: string | undefined;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
  /** Undefined when the registry answered before it had everything. */
  readonly sent: { readonly digest: Digest; readonly sizeBytes: number } | undefined;
}

export type UploadRequest =
  | { readonly kind: 'send'; readonly id: number; readonly task: SendTask }
  | { readonly kind: 'abort'; readonly id: number };

export type UploadReply =
  /** Bytes of the file that are on their way. */
  | { readonly kind: 'progress'; readonly id: number; readonly readBytes: number }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: SendAnswer }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly message: string;
      readonly errno: string | undefined;
    };
