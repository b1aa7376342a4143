/**
 * Which kernel settings a container may have of its own: those of a namespace that is its own. Pure.
 * Sources: namespaces(7); runc `libcontainer/configs/validate`, whose texts are kept.
 */
import type { HostConfig } from '../contract/containers.ts';
import { EngineError } from '../contract/errors.ts';

const OF_IPC = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
]);

type Modes = Pick<HostConfig, 'Sysctls' | 'NetworkMode' | 'IpcMode' | 'UTSMode'>;

/** Throws `invalid-argument` for one that would change the host. */
export function checkSysctls({ Sysctls, NetworkMode, IpcMode, UTSMode }: Modes): void {
  for (const written of Object.keys(Sysctls ?? {})) {
    // `net/ipv4/conf/eth0.1/forwarding` is the form for names with dots in them.
    const slash = written.indexOf('/');
    const isPath = slash !== -1 && !written.slice(0, slash).includes('.');
    const name = isPath ? written.replaceAll('/', '.') : written;
    const refuse = (why: string) =>
      new EngineError('invalid-argument', `sysctl "${written}" ${why}`);
    if (name.startsWith('net.')) {
      if (NetworkMode === 'host') throw refuse('not allowed in host network namespace');
    } else if (OF_IPC.has(name) || name.startsWith('fs.mqueue.')) {
      if (IpcMode === 'host') throw refuse('is not allowed in the hosts ipc namespace');
    } else if (name === 'kernel.domainname') {
      if (UTSMode === 'host') throw refuse('is not allowed in the hosts uts namespace');
    } else if (name === 'kernel.hostname') {
      throw refuse('is not allowed as it conflicts with the OCI "hostname" field');
    } else throw refuse('is not in a separate kernel namespace');
  }
}
