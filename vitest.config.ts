import { defineConfig } from 'vitest/config';

const KERNEL_TESTS = '**/*.linux.test.ts';
const END_TO_END_TESTS = 'test/e2e/**/*.test.ts';
const EVERYWHERE = ['**/node_modules/**', 'build/**', 'dist/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{engine,electron,renderer,test,scripts}/**/*.test.{ts,tsx}'],
          exclude: [...EVERYWHERE, KERNEL_TESTS, END_TO_END_TESTS],
          // Seconds on a quiet machine; on a busy one only what hangs may fail by the clock.
          testTimeout: 60_000,
        },
      },
      {
        // Real containers: each file has an engine, a network namespace and roots of its own.
        test: {
          name: 'linux',
          include: [KERNEL_TESTS],
          exclude: EVERYWHERE,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: [END_TO_END_TESTS],
          exclude: EVERYWHERE,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
