import { expect, test } from 'vitest';
import { checkName, makeName } from './names.ts';

test('checkName() takes the slash away and refuses what Docker refuses', () => {
  expect(checkName('/web_1.a-b')).toBe('web_1.a-b');
  for (const name of ['a', '-ab', '.ab', 'a b', 'a/b', 'ü1', ''])
    expect(() => checkName(name)).toThrow(
      `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
});

test('makeName() makes a name that may be used, even when every pair is taken', () => {
  expect(makeName(() => false)).toMatch(/^[a-z]+_[a-z]+$/);
  const name = makeName((candidate) => /^[a-z]+_[a-z]+$/.test(candidate));
  expect(checkName(name)).toMatch(/^[a-z]+_[a-z]+\d+$/);
});
