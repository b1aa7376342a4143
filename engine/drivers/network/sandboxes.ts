/**
 * The kernel's side of sandboxes: a network namespace kept under `<execRoot>/netns`, and for a
 * bridged one a veth pair whose ends are `eth0` inside and a port of the bridge outside.
 *
 * Both names come from one short id, and every interface starts with the engine's tag: two engines
 * never touch each other's, and `sweep` needs no list to find what a crash left.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { macOfIpv4 } from '../../formats/ip-address.ts';
import { errnoOf } from '../../host/errno.ts';
import {
  createNetworkNamespace,
  insideNetworkNamespace,
  makeNamespaceDirectory,
  removeNetworkNamespace,
} from '../../host/namespaces.ts';
import { NETLINK, NetlinkSocket } from '../../host/netlink.ts';
import { run } from '../../host/processes.ts';
import { interfaceIndex } from '../../host/sockets.ts';
import {
  addAddress,
  addDefaultRoute,
  createVeth,
  listLinks,
  setBridgePortUp,
  setLinkUp,
} from './links.ts';

/** What a bridged sandbox is attached to. */
export interface BridgePort {
  readonly bridgeIndex: number;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly mtu: number;
}

const LOOPBACK_INDEX = 1;
const CONTAINER_INTERFACE = 'eth0';

export class Sandboxes {
  private readonly directory: string;
  private readonly linkPrefix: string;
  private readonly socket: NetlinkSocket;

  /** `engineTag`: 6 characters, so that names keep to the kernel's 15. */
  constructor(execRoot: string, engineTag: string, socket: NetlinkSocket) {
    this.directory = join(execRoot, 'netns');
    this.linkPrefix = `gv${engineTag}`;
    this.socket = socket;
  }

  /** A namespace with nothing but loopback; returns its path. */
  createIsolated(): string {
    return this.create(() => {
      using socket = new NetlinkSocket(NETLINK.ROUTE);
      socket.request([setLinkUp(LOOPBACK_INDEX)]);
    });
  }

  /** A namespace on a bridge, address and default route set; returns its path. Leaves nothing on failure. */
  createBridged(port: BridgePort, address: string, macAddress = macOfIpv4(address)): string {
    const path = this.create(() => {});
    try {
      this.connect(path, port, macAddress);
      insideNetworkNamespace(path, () => configureInside(port, address));
    } catch (error) {
      this.remove(path);
      throw error;
    }
    return path;
  }

  private connect(path: string, { bridgeIndex, mtu }: BridgePort, macAddress: string): void {
    const hostName = this.linkNameOf(path);
    const namespaceFd = openSync(path, 'r');
    try {
      const ends = { hostName, containerName: CONTAINER_INTERFACE, namespaceFd };
      this.socket.request([createVeth({ ...ends, bridgeIndex, mtu, macAddress })]);
    } finally {
      closeSync(namespaceFd);
    }
    // Before it goes up: a thousand of them would else flood the bridge with neighbour discovery.
    disableIpv6(hostName);
    this.socket.request([setBridgePortUp(hostName)]);
  }

  private create(prepare: () => void): string {
    makeNamespaceDirectory(this.directory);
    const path = join(this.directory, randomBytes(4).toString('hex').slice(1));
    createNetworkNamespace(path, () => {
      setSysctls();
      prepare();
    });
    return path;
  }

  /** Absent is no error. The kernel takes the interfaces down with the namespace, in its own time. */
  remove(path: string): void {
    removeNetworkNamespace(path);
  }

  /** Every namespace of this engine. */
  list(): string[] {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory).map((name) => join(this.directory, name));
  }

  /** Interfaces of this engine whose namespace has been removed. */
  strayLinks(): string[] {
    const kept = new Set(this.list().map((path) => this.linkNameOf(path)));
    return listLinks(this.socket)
      .map(({ name }) => name)
      .filter((name) => name.startsWith(this.linkPrefix) && !kept.has(name));
  }

  /**
   * Deletes interfaces that outlived their namespace's name because somebody still holds it. By a
   * program, since the kernel lets the caller of each deletion wait for 17 ms.
   */
  async deleteLinks(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const input = names.map((name) => `link delete ${name}\n`).join('');
    // -force: one that went away meanwhile is no reason to keep the others.
    await run('ip', ['-force', '-batch', '-'], { input }).catch(() => {});
  }

  private linkNameOf(path: string): string {
    return `${this.linkPrefix}${basename(path)}`;
  }
}

/**
 * As Docker sets them: any user may bind low ports and ping. And no link-local IPv6 on interfaces
 * to come, since the bridge carries IPv4 only; loopback keeps ::1.
 */
function setSysctls(): void {
  writeFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', '0');
  writeFileSync('/proc/sys/net/ipv4/ping_group_range', '0 2147483647');
  disableIpv6('default');
}

/** No IPv6 on an interface, or, as `default`, on those to come; a kernel without it needs nothing. */
function disableIpv6(name: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '1', { flag: 'r+' });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function configureInside(port: BridgePort, address: string): void {
  using socket = new NetlinkSocket(NETLINK.ROUTE);
  const index = interfaceIndex(CONTAINER_INTERFACE);
  socket.request([
    setLinkUp(LOOPBACK_INDEX),
    addAddress(index, address, port.prefixLength),
    setLinkUp(index),
    addDefaultRoute(index, port.gateway),
  ]);
}
