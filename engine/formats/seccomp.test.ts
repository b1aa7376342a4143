import { describe, expect, test } from 'vitest';
import { DEFAULT_CAPABILITIES } from './capabilities.ts';
import { parseSeccompProfile, resolveSeccomp, type SeccompFacts } from './seccomp.ts';

const FACTS: SeccompFacts = {
  architecture: 'amd64',
  capabilities: DEFAULT_CAPABILITIES,
  kernelVersion: '6.1.0-18-amd64',
};

/** What becomes of a call: the actions of all rules that name it. */
function rulesFor(call: string, facts: Partial<SeccompFacts> = {}) {
  return resolveSeccomp({ ...FACTS, ...facts }).syscalls.filter(({ names }) =>
    names.includes(call),
  );
}

describe('the default profile', () => {
  test('forbids by default, on all three ABIs of the processor', () => {
    expect(resolveSeccomp(FACTS)).toMatchObject({
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1,
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    });
  });

  test.each(['read', 'openat', 'execve', 'io_setup', 'ptrace', 'arch_prctl', 'chroot'])(
    'lets %s through',
    (call) => {
      expect(rulesFor(call)).toEqual([expect.objectContaining({ action: 'SCMP_ACT_ALLOW' })]);
    },
  );

  test.each([
    'mount',
    'bpf',
    'reboot',
    'init_module',
    'keyctl',
    'add_key',
    'io_uring_setup',
    'userfaultfd',
  ])('keeps %s from a container', (call) => {
    expect(rulesFor(call)).toEqual([]);
  });

  test('lets clone make threads and processes but no namespaces, and hides clone3', () => {
    expect(rulesFor('clone')).toEqual([
      {
        names: ['clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
    ]);
    expect(rulesFor('clone3')).toEqual([
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
    ]);
  });

  test('gives with a capability what needs it', () => {
    const facts = { capabilities: ['CAP_SYS_ADMIN'] };
    expect(rulesFor('mount', facts)).toHaveLength(1);
    expect(rulesFor('clone3', facts)).toEqual([
      expect.objectContaining({ action: 'SCMP_ACT_ALLOW' }),
    ]);
    expect(rulesFor('chroot', { capabilities: [] })).toEqual([]);
  });

  test('fits other processors and old kernels', () => {
    expect(rulesFor('arch_prctl', { architecture: 'arm64' })).toEqual([]);
    expect(rulesFor('cacheflush', { architecture: 'arm64' })).toHaveLength(1);
    expect(rulesFor('clone', { architecture: 's390x' })[0]?.args?.[0]?.index).toBe(1);
    expect(rulesFor('ptrace', { kernelVersion: '4.7.9' })).toEqual([]);
  });
});

test('a profile of one’s own is resolved the same way', () => {
  const profile = parseSeccompProfile(
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: ['SCMP_ARCH_X86_64'],
      syscalls: [
        { name: 'mkdir', action: 'SCMP_ACT_ERRNO', args: [] },
        { names: ['chmod'], action: 'SCMP_ACT_ERRNO', excludes: { caps: ['CAP_CHOWN'] } },
      ],
    }),
  );
  expect(resolveSeccomp(FACTS, profile)).toEqual({
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO' }],
  });
  expect(() => parseSeccompProfile('{')).toThrow('Decoding seccomp profile failed');
});
