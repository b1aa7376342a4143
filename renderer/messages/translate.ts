/**
 * Turns a message key and its values into text. Formats are compiled once for each language.
 * A value that a message names but the caller left out is a bug and throws, in tests and in use.
 */
import { IntlMessageFormat } from 'intl-messageformat';
import { en } from './en.ts';
import { zh } from './zh.ts';

export type Language = 'en' | 'zh';
export type MessageKey = keyof typeof en;
export type MessageValues = Readonly<Record<string, string | number>>;
export type Translate = (key: MessageKey, values?: MessageValues) => string;

export const LOCALES = { en: 'en', zh: 'zh-Hans-CN' } as const satisfies Record<Language, string>;

const MESSAGES: Record<Language, Record<MessageKey, string>> = { en, zh };

export function createTranslate(language: Language): Translate {
  const formats = new Map<MessageKey, IntlMessageFormat>();
  return (key, values) => {
    let format = formats.get(key);
    if (!format) {
      format = new IntlMessageFormat(MESSAGES[language][key], LOCALES[language], undefined, {
        ignoreTag: true,
      });
      formats.set(key, format);
    }
    return String(format.format(values));
  };
}

/** The language a setting means on a system that speaks `systemLanguage` (BCP 47). */
export function resolveLanguage(
  setting: 'system' | Language,
  systemLanguage: string | undefined,
): Language {
  if (setting !== 'system') return setting;
  return systemLanguage?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
