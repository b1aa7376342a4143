/**
 * Lists of CPUs and memory nodes as cpusets write them: `0-3,7`. Pure.
 * Sources: cpuset(7), "List format"; moby `pkg/sysinfo`, parseUintList.
 */
import { EngineError } from '../contract/errors.ts';

/** Linux knows no more CPUs than this. */
const HIGHEST = 8192;

/** Throws `invalid-argument`, `invalid format: x`. */
export function parseCpuList(text: string): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const part of text === '' ? [] : text.split(',')) {
    const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === '' || to < from)
      throw new EngineError('invalid-argument', `invalid format: ${text}`);
    if (to > HIGHEST)
      throw new EngineError('invalid-argument', `value of out range, maximum is ${HIGHEST}`);
    for (let number = from; number <= to; number++) numbers.add(number);
  }
  return numbers;
}
