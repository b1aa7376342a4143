/** Builds everything that is shipped, whether it changed or not. */
import { buildTargets, TARGETS } from './targets.ts';

await buildTargets(TARGETS);
