/**
 * A configuration file that a runtime waits for: a fifo until its text is known.
 *
 * The engine holds the fifo's writing end from the beginning, so the runtime's open succeeds and its
 * read waits. The engine's own death, at any moment, is the end of that file for the reader, which
 * then fails on an empty configuration and goes. Once the text is known a plain file takes the name
 * first, for a runtime that was not that far yet and for whoever reads it later.
 * Sources: fifo(7), pipe(7).
 */
import {
  closeSync,
  constants,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { makeNode } from '../../host/system-calls.ts';

/** What a pipe takes without anybody reading. Source: pipe(7), "Pipe capacity". */
const PIPE_BYTES = 65_536;

export class AwaitedConfig {
  private readonly path: string;
  private readonly fd: number;

  /** Makes the fifo; its directory exists and has none. */
  constructor(path: string) {
    this.path = path;
    makeNode(path, constants.S_IFIFO | 0o600, 0, 0);
    this.fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  takes(text: string): boolean {
    return Buffer.byteLength(text) <= PIPE_BYTES;
  }

  write(text: string): void {
    writeFileSync(this.draft, text, { mode: 0o600 });
    renameSync(this.draft, this.path);
    writeSync(this.fd, text);
    closeSync(this.fd);
  }

  /** The reader finds no file, or an empty one. */
  withdraw(): void {
    for (const path of [this.path, this.draft]) rmSync(path, { force: true });
    closeSync(this.fd);
  }

  private get draft(): string {
    return `${this.path}.new`;
  }
}

/**
 * Lets go a runtime that waits at this path for an engine that is no more: one that came to open the
 * fifo only after the engine's end waits for a writer, for ever.
 */
export function releaseReader(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFIFO()) return;
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  rmSync(path);
  closeSync(fd);
}
