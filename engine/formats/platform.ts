/**
 * Platforms of images, `linux/arm64/v8`, and the choice of one out of a manifest list. Pure.
 * Source: OCI image-spec, image-index.md, "platform"; containerd `platforms`, normalisation table.
 */
import { EngineError } from '../contract/errors.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  ia32: '386',
  i386: '386',
  armhf: 'arm',
  armel: 'arm',
};

/** The platform images run on where Node reports `architecture` (`process.arch`). */
export function hostPlatform(architecture: string): Platform {
  return normalise({ os: 'linux', architecture });
}

/** Parses `os[/arch[/variant]]`; the missing parts come from `host`. Empty text is `host` itself. */
export function parsePlatform(text: string, host: Platform): Platform {
  if (text === '') return host;
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9][a-z0-9_.-]*$/.test(part)))
    throw new EngineError('invalid-argument', `"${text}" is an invalid platform`);
  const [first = '', architecture, variant] = parts;
  if (architecture === undefined) {
    // A single word is an operating system or an architecture of the host's system.
    if (first === host.os) return host;
    return normalise({ os: host.os, architecture: first });
  }
  return normalise({ os: first, architecture, variant });
}

/** `linux/arm64/v8`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/');
}

/** True when an image of platform `offered` is what `wanted` asks for, ignoring the variant. */
export function isSamePlatform(offered: Platform, wanted: Platform): boolean {
  const [a, b] = [normalise(offered), normalise(wanted)];
  return a.os === b.os && a.architecture === b.architecture;
}

/**
 * The candidate that suits `wanted` best: same system and architecture, then the same variant, then
 * the newest variant below it. The earlier of two equals wins; undefined when none suits.
 */
export function choosePlatform<T extends { readonly platform?: Platform | undefined }>(
  candidates: readonly T[],
  wanted: Platform,
): T | undefined {
  let best: T | undefined;
  let bestRank = -1;
  for (const candidate of candidates) {
    const rank = candidate.platform ? rankOf(normalise(candidate.platform), normalise(wanted)) : -1;
    if (rank > bestRank) [best, bestRank] = [candidate, rank];
  }
  return best;
}

function rankOf(offered: Platform, wanted: Platform): number {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return -1;
  const [have, want] = [versionOf(offered), versionOf(wanted)];
  return have > want ? -1 : have;
}

/** `v7` → 7; none is the oldest for x86 and the usual default for ARM. */
function versionOf({ architecture, variant }: Platform): number {
  const digits = /^v?(\d+)/.exec(variant ?? '')?.[1];
  if (digits !== undefined) return Number(digits);
  return architecture === 'arm64' ? 8 : architecture === 'arm' ? 7 : 1;
}

function normalise({ os, architecture, variant }: Platform): Platform {
  const known = ARCHITECTURES[architecture] ?? architecture;
  return { os: os || 'linux', architecture: known, ...(variant && { variant }) };
}
