/** Sizes as people write them. Pure. Source: go-units `size.go`. */

const UNITS = 'kmgtp';

/** `10m`, `1.5 GB`: powers of 1000; undefined for anything else. Source: `FromHumanSize`. */
export function parseDecimalBytes(text: string): number | undefined {
  return parse(text, 1000);
}

/** `64m`, `1GiB`: powers of 1024; undefined for anything else. Source: `RAMInBytes`. */
export function parseBinaryBytes(text: string): number | undefined {
  return parse(text, 1024);
}

function parse(text: string, base: number): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const unit = (match[2] ?? '').toLowerCase();
  const power = unit === '' ? 0 : UNITS.indexOf(unit) + 1;
  return Math.floor(Number(match[1]) * base ** power);
}
