/**
 * Seccomp profiles as Docker writes them, resolved to what an OCI runtime takes: rules that depend
 * on capabilities, processor or kernel are taken in or left out. Pure.
 * Sources: OCI runtime-spec, config-linux.md, "Seccomp"; Docker manual, "Seccomp security profiles".
 */
import * as z from 'zod';
import { EngineError } from '../contract/errors.ts';
import { DEFAULT_SECCOMP_PROFILE } from './seccomp-profile.ts';

const condition = z.object({
  caps: z.array(z.string()).optional(),
  /** Go's names of processors. */
  arches: z.array(z.string()).optional(),
  /** `4.8` */
  minKernel: z.string().optional(),
});

const argument = z.object({
  index: z.number(),
  value: z.number(),
  valueTwo: z.number().optional(),
  op: z.string(),
});

const rule = z.object({
  names: z.array(z.string()).optional(),
  name: z.string().optional(),
  action: z.string(),
  args: z.array(argument).nullish(),
  errnoRet: z.number().optional(),
  includes: condition.nullish(),
  excludes: condition.nullish(),
});

const profile = z.object({
  defaultAction: z.string(),
  defaultErrnoRet: z.number().optional(),
  architectures: z.array(z.string()).nullish(),
  archMap: z
    .array(z.object({ architecture: z.string(), subArchitectures: z.array(z.string()).nullish() }))
    .nullish(),
  flags: z.array(z.string()).nullish(),
  syscalls: z.array(rule).nullish(),
});

export type SeccompRule = z.input<typeof rule>;
export type SeccompProfile = z.input<typeof profile>;

/** `linux.seccomp` of an OCI config. */
export interface OciSeccomp {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly errnoRet?: number;
    readonly args?: readonly z.output<typeof argument>[];
  }[];
}

export interface SeccompFacts {
  /** Go's name: `amd64`. */
  readonly architecture: string;
  readonly capabilities: readonly string[];
  /** `6.1.0-18-amd64` */
  readonly kernelVersion: string;
}

const NATIVE: Readonly<Record<string, string>> = {
  amd64: 'SCMP_ARCH_X86_64',
  arm64: 'SCMP_ARCH_AARCH64',
  s390x: 'SCMP_ARCH_S390X',
  riscv64: 'SCMP_ARCH_RISCV64',
};

/** A profile from its JSON text. Throws `invalid-argument`. */
export function parseSeccompProfile(text: string): SeccompProfile {
  try {
    return profile.parse(JSON.parse(text));
  } catch (error) {
    throw new EngineError('invalid-argument', `Decoding seccomp profile failed: ${String(error)}`, {
      cause: error,
    });
  }
}

/** The profile as it holds on this machine for these capabilities. */
export function resolveSeccomp(
  facts: SeccompFacts,
  source: SeccompProfile = DEFAULT_SECCOMP_PROFILE,
): OciSeccomp {
  const syscalls = (source.syscalls ?? [])
    .filter((rule) => applies(rule, facts))
    .map(({ names, name, action, errnoRet, args }) => ({
      names: names ?? (name === undefined ? [] : [name]),
      action,
      ...(errnoRet !== undefined && { errnoRet }),
      ...(args && args.length > 0 && { args }),
    }));
  return {
    defaultAction: source.defaultAction,
    ...(source.defaultErrnoRet !== undefined && { defaultErrnoRet: source.defaultErrnoRet }),
    architectures: architecturesOf(source, facts.architecture),
    ...(source.flags && source.flags.length > 0 && { flags: source.flags }),
    syscalls,
  };
}

function architecturesOf(source: SeccompProfile, architecture: string): readonly string[] {
  const native = NATIVE[architecture];
  const found = source.archMap?.find((entry) => entry.architecture === native);
  if (found !== undefined) return [found.architecture, ...(found.subArchitectures ?? [])];
  return source.architectures ?? [];
}

function applies({ includes, excludes }: SeccompRule, facts: SeccompFacts): boolean {
  const { architecture, capabilities, kernelVersion } = facts;
  const some = (wanted: readonly string[] | undefined, has: readonly string[]) =>
    wanted !== undefined && wanted.some((name) => has.includes(name));
  if (some(excludes?.arches, [architecture]) || some(excludes?.caps, capabilities)) return false;
  if (excludes?.minKernel !== undefined && isAtLeast(kernelVersion, excludes.minKernel))
    return false;
  if (hasEntries(includes?.arches) && !some(includes?.arches, [architecture])) return false;
  if (hasEntries(includes?.caps) && !includes?.caps?.every((name) => capabilities.includes(name)))
    return false;
  return includes?.minKernel === undefined || isAtLeast(kernelVersion, includes.minKernel);
}

function hasEntries(list: readonly string[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}

function isAtLeast(version: string, minimum: string): boolean {
  const numbers = (text: string) => (/^(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
  const [major = 0, minor = 0] = numbers(version);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(minimum);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
