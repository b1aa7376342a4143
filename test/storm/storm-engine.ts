/** An engine for a storm: the one that is shipped, since it starts in a third of the time. */
import { fileURLToPath } from 'node:url';
import { buildTargets, TARGETS } from '../../scripts/bundle/targets.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';

const PROGRAM = fileURLToPath(new URL('../../build/engine/gantryd.cjs', import.meta.url));

/** Built from the sources as they are; it has `busybox`. */
export async function startStormEngine(): Promise<TestEngine> {
  await buildTargets(TARGETS.filter(({ name }) => name === 'engine'));
  const engine = await startEngine({ program: PROGRAM });
  await engine.docker.ok('pull', '--quiet', 'busybox');
  return engine;
}
