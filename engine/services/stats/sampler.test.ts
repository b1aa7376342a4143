import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Usage } from '../../drivers/usage.ts';
import { Sampler, type SamplePair } from './sampler.ts';

const USAGE = { interfaces: new Map() } as unknown as Usage;

let taken: string[];
let sampler: Sampler;
beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance', 'Date'],
  });
  taken = [];
  const nowNs = () => BigInt(Date.now()) * 1_000_000n;
  sampler = new Sampler({
    nowNs,
    take: (id) => {
      taken.push(id);
      const usage = id === 'stopped' ? undefined : USAGE;
      return { readAtNs: nowNs(), usage, machine: { totalNs: 0, onlineCpus: 1 } };
    },
  });
});
afterEach(() => vi.useRealTimers());

function collect(id: string): { pairs: SamplePair[]; stop: () => void } {
  const pairs: SamplePair[] = [];
  return { pairs, stop: sampler.watch(id, (pair) => pairs.push(pair)) };
}

describe('the sampler', () => {
  it('gives each sample with the one of a second before', async () => {
    const { pairs, stop } = collect('a');
    await vi.advanceTimersByTimeAsync(2000);
    stop();
    expect(pairs).toHaveLength(2);
    expect(pairs[1]?.before).toBe(pairs[0]?.sample);
    for (const { sample, before } of pairs)
      expect(sample.readAtNs - (before?.readAtNs ?? 0n)).toBe(1_000_000_000n);
  });

  it('reads a container once however many look at it', async () => {
    const all = [collect('a'), collect('a'), collect('a')];
    await vi.advanceTimersByTimeAsync(1000);
    expect(taken).toEqual(['a', 'a']); // one to reckon from, one for the second
    expect(all.map(({ pairs }) => pairs.length)).toEqual([1, 1, 1]);
    for (const { stop } of all) stop();
  });

  it('has no timer when nobody looks', async () => {
    const { stop } = collect('a');
    expect(vi.getTimerCount()).toBe(1);
    stop();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(5000);
    expect(taken).toEqual(['a']);
  });

  it('never reckons over less than half a second', async () => {
    const first = collect('a');
    await vi.advanceTimersByTimeAsync(900);
    const late = collect('b');
    await vi.advanceTimersByTimeAsync(100);
    expect(late.pairs).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(late.pairs).toHaveLength(1);
    first.stop();
    late.stop();
  });

  it('tells of a container that does not run without anything to reckon from', async () => {
    const { pairs, stop } = collect('stopped');
    await vi.advanceTimersByTimeAsync(2000);
    stop();
    expect(pairs.map(({ before }) => before)).toEqual([undefined, undefined]);
  });

  it('yields to requests between containers, and goes on when all leave meanwhile', async () => {
    const all = Array.from({ length: 50 }, (_, index) => collect(`c${index}`));
    await vi.advanceTimersByTimeAsync(1010);
    expect(all.every(({ pairs }) => pairs.length === 1)).toBe(true);
    for (const { stop } of all) stop();
    const again = collect('c0');
    await vi.advanceTimersByTimeAsync(1000);
    expect(again.pairs).toHaveLength(1);
    again.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
