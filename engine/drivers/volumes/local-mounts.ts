/**
 * Mounting what a volume's options name on its data directory. mount(8) without its helpers is
 * mount(2) in a process of its own: a server that does not answer keeps nobody else waiting.
 */
import { lookup } from 'node:dns/promises';
import { EngineError, messageOf } from '../../contract/errors.ts';
import { serverNameOf, withoutPassword, type VolumeMount } from '../../formats/volume-options.ts';
import { run } from '../../host/processes.ts';

/** A server that is down is given up after this long. */
const DEADLINE_MS = 120_000;

export async function mountVolume(path: string, wanted: VolumeMount): Promise<void> {
  try {
    const options = await withAddress(wanted);
    const args = ['-i', '-t', wanted.type, ...(options === '' ? [] : ['-o', options])];
    await run('mount', [...args, '--', wanted.device, path], {
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (error) {
    throw new EngineError(
      'internal',
      withoutPassword(
        `error while mounting volume '${path}': failed to mount local volume: mount ${wanted.device}:${path}, data: ${wanted.options}: ${messageOf(error)}`,
      ),
    );
  }
}

async function withAddress(wanted: VolumeMount): Promise<string> {
  const name = serverNameOf(wanted);
  if (name === undefined) return wanted.options;
  const { address } = await lookup(name);
  return wanted.options.replace(`addr=${name}`, `addr=${address}`);
}
