/** Gives components the language in force: `t` for texts, `formats` for numbers, sizes and dates. */
import { createContext, use, useEffect, useMemo, type ReactNode } from 'react';
import { createFormats, type Formats } from './format.ts';
import { createTranslate, LOCALES, type Language, type Translate } from './translate.ts';

interface LanguageValue {
  readonly language: Language;
  readonly t: Translate;
  readonly formats: Formats;
}

const LanguageContext = createContext<LanguageValue | null>(null);

export function LanguageProvider({
  language,
  children,
}: {
  language: Language;
  children: ReactNode;
}) {
  const value = useMemo(() => {
    const t = createTranslate(language);
    return { language, t, formats: createFormats(language, t) };
  }, [language]);
  useEffect(() => {
    document.documentElement.lang = LOCALES[language];
  }, [language]);
  return <LanguageContext value={value}>{children}</LanguageContext>;
}

export function useLanguage(): LanguageValue {
  const value = use(LanguageContext);
  if (!value) throw new Error('useLanguage() outside of LanguageProvider');
  return value;
}
