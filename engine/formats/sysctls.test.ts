import { expect, test } from 'vitest';
import { checkSysctls } from './sysctls.ts';

const OWN = { NetworkMode: 'bridge', IpcMode: 'private', UTSMode: '' };
const check = (name: string, modes: object = {}) =>
  checkSysctls({ ...OWN, ...modes, Sysctls: { [name]: '1' } });

test.each([
  'net.ipv4.ip_forward',
  'net/ipv4/conf/eth0.1/forwarding',
  'kernel.msgmax',
  'fs.mqueue.msg_max',
  'kernel.domainname',
])('%s is a container’s own', (name) => {
  expect(() => check(name)).not.toThrow();
});

test.each([
  ['net.ipv4.ip_forward', { NetworkMode: 'host' }, 'not allowed in host network namespace'],
  ['kernel.shmmax', { IpcMode: 'host' }, 'is not allowed in the hosts ipc namespace'],
  ['kernel.domainname', { UTSMode: 'host' }, 'is not allowed in the hosts uts namespace'],
  ['kernel.hostname', {}, 'conflicts with the OCI "hostname" field'],
  ['vm.swappiness', {}, 'sysctl "vm.swappiness" is not in a separate kernel namespace'],
  ['kernel.panic', {}, 'is not in a separate kernel namespace'],
])('%s with %o is refused: %s', (name, modes, message) => {
  expect(() => check(name, modes)).toThrow(message);
});
