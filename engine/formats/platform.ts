/**
 * Platforms of images, `linux/arm64/v8`, and the choice of one out of a manifest list. Pure.
 * Source: OCI image-spec, image-index.md, "platform"; containerd `platforms`, normalisation table.
 */
import { EngineError } from '../contract/errors.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
  /** Of Windows alone, and for show: nothing is chosen by them. */
  readonly 'os.version'?: string | undefined;
  readonly 'os.features'?: readonly string[] | undefined;
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

/** What a single word may be. Source: Go's `GOOS` and `GOARCH`, which containerd goes by. */
const KNOWN_SYSTEMS = new Set(
  (
    'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 ' +
    'solaris windows zos'
  ).split(' '),
);
const KNOWN_ARCHITECTURES = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 ' +
    'mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
);

const COMPONENT = /^[A-Za-z0-9_.-]+$/;

/**
 * Parses `os[/arch[/variant]]`; the missing parts come from `host`. Empty text is `host` itself. Throws
 * `invalid-argument` in the words of containerd.
 */
export function parsePlatform(text: string, host: Platform): Platform {
  if (text === '') return host;
  const refused = (problem: string) =>
    new EngineError('invalid-argument', `${problem}: invalid argument`);
  if (text.includes('*')) throw refused(`"${text}": wildcards not yet supported`);
  const parts = text.split('/');
  const wrong = parts.slice(0, 4).find((part) => !COMPONENT.test(part));
  if (wrong !== undefined)
    throw refused(
      `"${wrong}" is an invalid component of "${text}": platform specifier component must match "${COMPONENT.source}"`,
    );
  if (parts.length > 3) throw refused(`"${text}": cannot parse platform specifier`);
  const [first = '', architecture, variant] = parts.map((part) => part.toLowerCase());
  if (architecture !== undefined) return normalise({ os: first, architecture, variant });
  if (first === host.os) return host;
  if (KNOWN_SYSTEMS.has(first)) return { os: first, architecture: host.architecture };
  const platform = normalise({ os: host.os, architecture: first });
  if (KNOWN_ARCHITECTURES.has(platform.architecture)) return platform;
  throw refused(`"${text}": unknown operating system or architecture`);
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
