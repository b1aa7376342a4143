import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BareContainer } from '../../../test/support/bare-container.ts';
import { LogFramer } from '../../formats/log-frames.ts';
import type { LogSlice } from '../logs.ts';
import { FileLogStore } from './file-log-store.ts';

let folder: string;
let logPath: string;
const store = new FileLogStore();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-conmon-log-'));
  logPath = join(folder, 'ctr.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the container wrote to stdout, as a digest and a count. */
async function outputOf(
  slices: AsyncIterable<LogSlice>,
): Promise<{ bytes: number; digest: string }> {
  const hash = createHash('sha256');
  const framer = new LogFramer({ stdout: true, stderr: false, framed: false, timestamps: false });
  let bytes = 0;
  for await (const slice of slices) {
    const output = framer.push(slice.bytes);
    hash.update(output);
    bytes += output.length;
  }
  return { bytes, digest: hash.digest('hex') };
}

describe('the log conmon writes', () => {
  it('comes back byte for byte: binary, long lines, no newline at the end', async () => {
    const script = `head -c 3000000 /dev/urandom >/tmp/data
      cat /tmp/data; printf 'a\\0b\\r\\n'; head -c 200000 /dev/zero; printf tail
      { cat /tmp/data; printf 'a\\0b\\r\\n'; head -c 200000 /dev/zero; printf tail; } | sha256sum >/tmp/digest`;
    await using container = await BareContainer.start({
      folder,
      args: ['/bin/sh', '-c', `${script}; cat /tmp/digest >&2`],
      logPath,
    });
    expect(await container.exitCode()).toBe(0);
    using log = store.open(logPath);
    const read = await outputOf(log.read(0));
    const framer = new LogFramer({ stdout: false, stderr: true, framed: false, timestamps: false });
    let said = '';
    for await (const slice of log.read(0)) said += framer.push(slice.bytes).toString();
    expect(read.digest).toBe(said.slice(0, 64));
  });

  it('loses and repeats nothing when rotated under load, while somebody follows', async () => {
    const lines = 400_000;
    await using container = await BareContainer.start({
      folder,
      args: [
        '/bin/sh',
        '-c',
        `seq 1 ${lines}; sleep 0.3; seq 1 1000; touch /tmp/written; until [ -e /tmp/end ]; do sleep 0.02; done`,
      ],
      logPath,
    });
    const shared = (name: string) => join(container.bundlePath, 'rootfs/tmp', name);
    using log = store.open(logPath);
    const ended = container.exitCode();
    const following = outputOf(log.follow(0, { ended, signal: AbortSignal.timeout(50_000) }));
    let rotations = 0;
    while (!existsSync(shared('written'))) {
      if ((store.currentBytes(logPath) ?? 0) > 1_000_000) {
        await store.rotate(logPath, 100, () => container.reopenLog());
        rotations++;
      }
      await nextTurn();
    }
    writeFileSync(shared('end'), '');
    const hash = createHash('sha256');
    const count = (to: number) => {
      for (let number = 1; number <= to; number++) hash.update(`${number}\n`);
    };
    count(lines);
    count(1000);
    const expected = hash.digest('hex');
    expect(rotations).toBeGreaterThan(2);
    expect((await following).digest).toBe(expected);
    using whole = store.open(logPath);
    expect((await outputOf(whole.read(0))).digest).toBe(expected);
  });
});
