import { expect, test } from 'vitest';
import { goFileMode } from './file-mode.ts';

test.each([
  ['a file', 0o100644, 0o644],
  ['a setuid file', 0o104755, 8_389_101],
  ['a directory', 0o040755, 2_147_484_141],
  ['a sticky directory', 0o041777, 2_148_532_735],
  ['a setgid directory', 0o042755, 2_151_678_445],
  ['a symlink', 0o120777, 134_218_239],
  ['a FIFO', 0o010644, 33_554_852],
  ['a socket', 0o140755, 16_777_709],
  ['a character device', 0o020644, 69_206_436],
  ['a block device', 0o060660, 67_109_296],
])('goFileMode() gives the number that Go writes for %s', (_, mode, expected) => {
  expect(goFileMode(mode)).toBe(expected);
});
