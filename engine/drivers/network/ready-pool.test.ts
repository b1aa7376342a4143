import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReadyPool } from './ready-pool.ts';

let made: number;
let destroyed: number[];
let failure: Error | undefined;

function open(): ReadyPool<number> {
  return new ReadyPool({
    make: () => {
      if (failure) throw failure;
      return ++made;
    },
    destroy: (item) => destroyed.push(item),
    size: 2,
    refillDelayMs: 5,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  made = 0;
  destroyed = [];
  failure = undefined;
});
afterEach(() => void vi.useRealTimers());

describe('ReadyPool', () => {
  it('makes nothing before it is used, then what was taken and what is to be ready', () => {
    const pool = open();
    vi.runAllTimers();
    expect(made).toBe(0);
    expect(pool.take()).toBe(1);
    expect(made).toBe(1);
    vi.runAllTimers();
    expect(made).toBe(3);
  });

  it('hands out in the order of making and fills up again', () => {
    const pool = open();
    pool.take();
    vi.runAllTimers();
    expect([pool.take(), pool.take(), pool.take()]).toEqual([2, 3, 4]);
    vi.runAllTimers();
    expect(made).toBe(6);
  });

  it('destroys what is ready, and no more is made after', () => {
    const pool = open();
    pool.take();
    vi.runAllTimers();
    pool.take();
    pool.drain();
    vi.runAllTimers();
    expect(destroyed).toEqual([3]);
    expect(made).toBe(3);
  });

  it('reports to the next taker why nothing can be made', () => {
    const pool = open();
    pool.take();
    failure = new Error('no addresses left');
    vi.runAllTimers();
    expect(() => pool.take()).toThrow('no addresses left');
    failure = undefined;
    expect(pool.take()).toBe(2);
  });
});
