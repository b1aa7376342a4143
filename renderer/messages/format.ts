/**
 * Sizes, durations and dates as people of a language write them. Sizes are decimal (1 MB is
 * 1,000,000 bytes), as `docker images` shows them.
 */
import { LOCALES, type Language, type Translate } from './translate.ts';

export interface Formats {
  number(value: number): string;
  /** Three significant digits: `18.4 MB`. */
  bytes(bytes: number): string;
  /** `up` and `ago` texts are built from this: the largest whole unit. */
  duration(milliseconds: number): string;
  ago(milliseconds: number): string;
  percent(ratio: number): string;
  dateTime(epochMs: number): string;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
const MONTH_MS = 30 * DAY_MS;
const YEAR_MS = 365 * DAY_MS;

export function createFormats(language: Language, t: Translate): Formats {
  const locale = LOCALES[language];
  const integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const digits = [0, 1, 2].map(
    (fraction) =>
      new Intl.NumberFormat(locale, {
        minimumFractionDigits: fraction,
        maximumFractionDigits: fraction,
      }),
  );
  const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const duration = (milliseconds: number) => formatDuration(milliseconds, t);
  return {
    number: (value) => integers.format(value),
    bytes: (bytes) => {
      let value = Math.max(0, bytes);
      let unit = 0;
      while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
        value /= 1000;
        unit += 1;
      }
      const fraction = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
      return `${(digits[fraction] ?? integers).format(value)} ${BYTE_UNITS[unit]}`;
    },
    duration,
    ago: (milliseconds) =>
      milliseconds < 10 * SECOND_MS
        ? t('time.justNow')
        : t('time.ago', { duration: duration(milliseconds) }),
    percent: (ratio) => percents.format(ratio),
    dateTime: (epochMs) => dates.format(epochMs),
  };
}

function formatDuration(milliseconds: number, t: Translate): string {
  const past = Math.max(0, milliseconds);
  const whole = (unitMs: number) => ({ count: Math.floor(past / unitMs) });
  if (past < MINUTE_MS) return t('time.seconds', whole(SECOND_MS));
  if (past < HOUR_MS) return t('time.minutes', whole(MINUTE_MS));
  if (past < 2 * DAY_MS) return t('time.hours', whole(HOUR_MS));
  if (past < 2 * WEEK_MS) return t('time.days', whole(DAY_MS));
  if (past < 2 * MONTH_MS) return t('time.weeks', whole(WEEK_MS));
  if (past < 2 * YEAR_MS) return t('time.months', whole(MONTH_MS));
  return t('time.years', whole(YEAR_MS));
}
