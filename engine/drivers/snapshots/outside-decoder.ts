/**
 * Decoders for what Node does not know, bzip2 and xz: the machine's own programs, as dockerd has xz do.
 *
 * Never to be asked for by a thread that is shut into a container's tree: it would find the
 * container's program there and run it as root.
 */
import { Duplex } from 'node:stream';
import { EngineError } from '../../contract/errors.ts';
import { findProgram } from '../../host/programs.ts';
import { start } from '../../host/processes.ts';

export type OutsideCompression = 'bzip2' | 'xz';

/** Four times what `xz -9` needs; an archive may ask for gigabytes. */
const XZ_LIMIT = '--memlimit-decompress=256MiB';

/**
 * Packed bytes in, unpacked bytes out; an `error` for what is not valid, and for what is cut short.
 * Destroying it ends the program. Throws `invalid-argument` where the machine has no such program.
 */
export function outsideDecoder(compression: OutsideCompression): Duplex {
  const program = findProgram(compression);
  if (program === undefined)
    throw new EngineError(
      'invalid-argument',
      `what is compressed with ${compression} needs the program ${compression}, which is not installed here`,
    );
  return new ProgramDecoder(program, compression);
}

class ProgramDecoder extends Duplex {
  private readonly child: ReturnType<typeof start>;

  constructor(program: string, name: OutsideCompression) {
    super();
    this.child = start(program, ['-d', '-c', '-q'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { XZ_DEFAULTS: XZ_LIMIT },
    });
    this.child.stdin?.on('error', () => {}); // its status tells more
    this.child.stdout?.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) this.child.stdout?.pause();
    });
    this.child.on('error', (error) => this.destroy(error));
    this.child.on('close', (status) => {
      if (status === 0) this.push(null);
      else this.destroy(new Error(`not valid ${name}`));
    });
  }

  override _read(): void {
    this.child.stdout?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // A program that has ended takes no more; how it ended says whether that is right.
    this.child.stdin?.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.child.stdin?.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.child.kill('SIGKILL');
    this.child.stdin?.destroy();
    this.child.stdout?.destroy();
    done(error);
  }
}
