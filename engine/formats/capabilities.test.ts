import { expect, test } from 'vitest';
import {
  CAPABILITIES,
  capabilitiesOfMask,
  DEFAULT_CAPABILITIES,
  resolveCapabilities,
} from './capabilities.ts';

const NONE = { add: [], drop: [], privileged: false };

test('the default is Docker’s fourteen', () => {
  expect(resolveCapabilities(NONE, CAPABILITIES)).toEqual(DEFAULT_CAPABILITIES);
  expect(capabilitiesOfMask('00000000a80425fb').toSorted()).toEqual(
    DEFAULT_CAPABILITIES.toSorted(),
  );
});

test('an engine that lacks one gives the rest', () => {
  const available = CAPABILITIES.filter((name) => name !== 'CAP_CHOWN');
  expect(resolveCapabilities(NONE, available)).not.toContain('CAP_CHOWN');
});

test('names are taken in any case, with and without CAP_', () => {
  const wish = { add: ['net_admin', 'CAP_SYS_TIME'], drop: ['Chown'], privileged: false };
  const result = resolveCapabilities(wish, CAPABILITIES);
  expect(result).toContain('CAP_NET_ADMIN');
  expect(result).toContain('CAP_SYS_TIME');
  expect(result).not.toContain('CAP_CHOWN');
});

test('ALL added is all but what is dropped; ALL dropped is only what is added', () => {
  const added = resolveCapabilities({ ...NONE, add: ['ALL'], drop: ['MKNOD'] }, CAPABILITIES);
  expect(added).toEqual(CAPABILITIES.filter((name) => name !== 'CAP_MKNOD'));
  const dropped = resolveCapabilities({ ...NONE, add: ['KILL'], drop: ['ALL'] }, CAPABILITIES);
  expect(dropped).toEqual(['CAP_KILL']);
});

test('a privileged container has what the engine has', () => {
  expect(resolveCapabilities({ ...NONE, privileged: true }, ['CAP_KILL'])).toEqual(['CAP_KILL']);
});

test('unknown ones, and those the engine lacks, are refused', () => {
  expect(() => resolveCapabilities({ ...NONE, add: ['X'] }, CAPABILITIES)).toThrow(
    'unknown capability: "CAP_X"',
  );
  expect(() => resolveCapabilities({ ...NONE, add: ['KILL'] }, [])).toThrow(
    'capability not supported by your kernel or not available in the current environment: "CAP_KILL"',
  );
});
