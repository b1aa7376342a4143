import { IntlMessageFormat } from 'intl-messageformat';
import { expect, test } from 'vitest';
import { en } from './en.ts';
import { createFormats } from './format.ts';
import { createTranslate, resolveLanguage, type MessageKey } from './translate.ts';
import { zh } from './zh.ts';

const KEYS = Object.keys(en) as MessageKey[];

/** Names of the values a message wants, at any depth. */
function valuesOf(message: string): string[] {
  const names = new Set<string>();
  const visit = (elements: readonly unknown[]) => {
    for (const element of elements as { value?: string; type: number; options?: object }[]) {
      if (element.type !== 0 && element.type !== 7 && element.value) names.add(element.value);
      for (const option of Object.values(element.options ?? {}) as { value: unknown[] }[])
        visit(option.value);
    }
  };
  visit(new IntlMessageFormat(message, 'en', undefined, { ignoreTag: true }).getAst());
  return [...names].toSorted();
}

test('both languages say the same things', () => {
  expect(Object.keys(zh).toSorted()).toEqual([...KEYS].toSorted());
});

test('every message is valid, and wants no value in Chinese that English has not', () => {
  for (const key of KEYS) {
    const english = valuesOf(en[key]);
    for (const name of valuesOf(zh[key])) expect(english, key).toContain(name);
  }
});

test('every message formats in both languages', () => {
  const counts = ['count', 'running', 'total', 'at', 'code'];
  for (const key of KEYS) {
    const values = Object.fromEntries(
      valuesOf(en[key]).map((name) => [name, counts.includes(name) ? 3 : 'x']),
    );
    for (const language of ['en', 'zh'] as const) {
      const text = createTranslate(language)(key, values);
      expect(text.trim(), key).not.toBe('');
      expect(text, key).not.toMatch(/[{}]/);
    }
  }
});

test('Chinese is written with full-width signs and a space beside Latin words', () => {
  for (const [key, message] of Object.entries(zh)) {
    const text = message.replace(/\{[^{}]*\}/g, '').replace(/\{|\}|plural,|other|=\d/g, '');
    expect(text, key).not.toMatch(/\p{Script=Han}[,;:?!]/u);
    expect(text, key).not.toMatch(/\p{Script=Han}[A-Za-z]|[A-Za-z]\p{Script=Han}/u);
  }
});

test('a message that lacks a value is a bug and throws', () => {
  expect(() => createTranslate('en')('palette.nothing')).toThrow();
});

test('a language setting follows the system only when told to', () => {
  expect(resolveLanguage('system', 'zh-CN')).toBe('zh');
  expect(resolveLanguage('system', 'zh-Hans')).toBe('zh');
  expect(resolveLanguage('system', 'de-DE')).toBe('en');
  expect(resolveLanguage('system', undefined)).toBe('en');
  expect(resolveLanguage('en', 'zh-CN')).toBe('en');
});

test('sizes have three digits and decimal units', () => {
  const { bytes } = createFormats('en', createTranslate('en'));
  expect([0, 999, 1_000, 18_400_000, 999_950, 438_000_000, 6.8e9].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.00 kB',
    '18.4 MB',
    '1.00 MB',
    '438 MB',
    '6.80 GB',
  ]);
});

test('durations name their largest unit, in the language', () => {
  const english = createFormats('en', createTranslate('en'));
  const chinese = createFormats('zh', createTranslate('zh'));
  const hour = 3_600_000;
  expect([1_000, 90_000, 3 * hour, 50 * hour, 24 * 60 * hour].map(english.duration)).toEqual([
    '1 second',
    '1 minute',
    '3 hours',
    '2 days',
    '2 months',
  ]);
  expect(chinese.duration(3 * hour)).toBe('3 小时');
  expect([english.ago(2_000), english.ago(3 * hour)]).toEqual(['just now', '3 hours ago']);
  expect([chinese.ago(2_000), chinese.ago(3 * hour)]).toEqual(['刚刚', '3 小时前']);
});
