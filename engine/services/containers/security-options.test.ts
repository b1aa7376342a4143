import { expect, test } from 'vitest';
import { parseSecurityOptions } from './security-options.ts';

test.each([
  [[], {}],
  [['no-new-privileges'], { noNewPrivileges: true }],
  [['no-new-privileges:true'], { noNewPrivileges: true }],
  [['no-new-privileges', 'no-new-privileges=false'], { noNewPrivileges: false }],
  [['seccomp=unconfined'], { seccomp: 'unconfined' }],
  [['seccomp:unconfined'], { seccomp: 'unconfined' }],
  [['seccomp=builtin'], { seccomp: 'default' }],
  [
    ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'],
    { seccomp: { defaultAction: 'SCMP_ACT_ALLOW' } },
  ],
  [['apparmor=mine'], { appArmorProfile: 'mine' }],
  [['label=disable', 'label:type:svirt_t', 'disable'], {}],
  [['writable-cgroups=false'], { writableCgroups: false }],
])('%j is %o', (options, expected) => {
  expect(parseSecurityOptions(options)).toEqual({
    noNewPrivileges: false,
    seccomp: 'default',
    appArmorProfile: '',
    writableCgroups: undefined,
    ...expected,
  });
});

test.each([
  ['foo', 'invalid --security-opt 1: "foo"'],
  ['foo=bar', 'invalid --security-opt 2: "foo=bar"'],
  ['no-new-privileges=maybe', 'invalid --security-opt 2: "no-new-privileges=maybe"'],
  ['systempaths=unconfined', 'invalid --security-opt 2: "systempaths=unconfined"'],
  ['seccomp=/no/such/file', 'Decoding seccomp profile failed'],
])('%s is refused: %s', (option, message) => {
  expect(() => parseSecurityOptions([option])).toThrow(message);
});
