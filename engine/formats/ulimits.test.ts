import { expect, test } from 'vitest';
import { planRlimits } from './ulimits.ts';

test('planRlimits() has the container’s limits over the defaults', () => {
  const defaults = [
    { Name: 'nofile', Soft: 1, Hard: 2 },
    { Name: 'core', Soft: 0, Hard: 0 },
  ];
  expect(planRlimits([{ Name: 'nofile', Soft: 5, Hard: -1 }], defaults, {})).toEqual({
    rlimits: [
      { type: 'RLIMIT_NOFILE', soft: 5, hard: 2 ** 64 },
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
    ],
    lowered: [],
  });
});

test('planRlimits() lowers to the engine’s own hard limit, and says so', () => {
  const wishes = [
    { Name: 'nofile', Soft: -1, Hard: -1 },
    { Name: 'nproc', Soft: 5, Hard: 10 },
  ];
  expect(planRlimits(wishes, [], { nofile: 1000, nproc: 10 })).toEqual({
    rlimits: [
      { type: 'RLIMIT_NOFILE', soft: 1000, hard: 1000 },
      { type: 'RLIMIT_NPROC', soft: 5, hard: 10 },
    ],
    lowered: ["ulimit nofile=-1:-1 is above the engine's own hard limit and is lowered to 1000"],
  });
});
