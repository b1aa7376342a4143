/**
 * The engine's packet filter in force: its one nft table, the ports published through it, and,
 * where somebody else's FORWARD chain drops by default, the two iptables rules that let the bridges
 * through. Everything carries the engine's tag, so `remove` finds it also after a crash.
 */
import { EngineError, messageOf } from '../../contract/errors.ts';
import {
  nftElements,
  nftRules,
  type FilteredNetwork,
  type MappedPort,
} from '../../formats/nft-rules.ts';
import type { Subnet } from '../../formats/ip-address.ts';
import { errnoOf } from '../../host/errno.ts';
import { NETLINK, NetlinkSocket } from '../../host/netlink.ts';
import { run } from '../../host/processes.ts';
import { forgetStaleFlows } from './conntrack.ts';
import { addElement, deleteElement, findTable, transaction } from './nft-elements.ts';

export class Firewall {
  private readonly table: string;
  /** In the comment of each iptables rule. */
  private readonly tag: string;
  private readonly networks = new Map<string, FilteredNetwork>();
  private openSocket: NetlinkSocket | undefined;

  constructor(engineTag: string) {
    this.table = `gantry_${engineTag}`;
    this.tag = `gantry ${engineTag}`;
  }

  /** Stays open: the kernel makes the close of a socket wait until deletions have settled (12 ms). */
  private get socket(): NetlinkSocket {
    this.openSocket ??= new NetlinkSocket(NETLINK.NETFILTER);
    return this.openSocket;
  }

  /** Makes or completes the table for this network too; published ports stay. */
  async addNetwork(network: FilteredNetwork): Promise<void> {
    this.networks.set(network.bridgeName, network);
    try {
      await this.apply();
      await this.passForwardPolicy(network.bridgeName);
    } catch (error) {
      this.networks.delete(network.bridgeName);
      throw error;
    }
  }

  async removeNetwork(bridgeName: string): Promise<void> {
    this.networks.delete(bridgeName);
    await this.dropForwardRules((rule) => rule.includes(` ${bridgeName} `));
    if (this.networks.size === 0) await this.removeTable();
    else await this.apply();
  }

  /** Makes exactly these ports the published ones, in one transaction with the rules. */
  async restore(mappings: readonly MappedPort[]): Promise<void> {
    await this.apply(nftElements(this.table, mappings));
  }

  private async apply(elements = ''): Promise<void> {
    const input = nftRules(this.table, [...this.networks.values()]) + elements;
    try {
      await run('nft', ['-f', '-'], { input });
    } catch (cause) {
      const why = errnoOf(cause) === 'ENOENT' ? 'nft is not installed' : messageOf(cause);
      throw new EngineError('internal', `cannot set up the packet filter: ${why}`, { cause });
    }
  }

  /** Leads the ports to their containers; takes 0.1 ms. All or nothing. */
  publish(mappings: readonly MappedPort[]): void {
    if (mappings.length === 0) return;
    this.socket.request(transaction(mappings.map((mapping) => addElement(this.table, mapping))));
  }

  /** Lets clients that never stopped sending reach the port's container; see `forgetStaleFlows`. */
  redirectFlows(
    mappings: readonly MappedPort[],
    place: { subnet: Subnet; hostAddresses: ReadonlySet<number> },
  ): void {
    for (const mapping of mappings) forgetStaleFlows(this.socket, mapping, place);
  }

  /** Ends the publication; ports that are not published, or a table that is gone, are no error. */
  withdraw(mappings: readonly MappedPort[]): void {
    for (const mapping of mappings) {
      try {
        this.socket.request(transaction([deleteElement(this.table, mapping)]));
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    }
  }

  /** Removes whatever an earlier run of this engine left: table and iptables rules. */
  async remove(): Promise<void> {
    this.networks.clear();
    const hadTable = this.stands();
    await this.removeTable();
    // The rules are made after the table and removed before it, so without it there are none.
    if (hadTable) await this.dropForwardRules(() => true);
  }

  /** False when the table was never made, or somebody flushed it. Takes 0.02 ms. */
  stands(): boolean {
    try {
      this.socket.request([findTable(this.table)]);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  private async removeTable(): Promise<void> {
    if (this.stands()) await run('nft', ['delete', 'table', 'ip', this.table]);
  }

  /**
   * Accepting a packet in our table does not save it from a drop in another: where iptables'
   * FORWARD policy is DROP, as Docker sets it, the bridge's packets need rules in that very chain.
   */
  private async passForwardPolicy(bridgeName: string): Promise<void> {
    const rules = await forwardChain();
    if (!rules.includes('-P FORWARD DROP')) return;
    const comment = ['-m', 'comment', '--comment', this.tag];
    for (const match of [
      ['-i', bridgeName],
      ['-o', bridgeName, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED,DNAT'],
    ]) {
      const rule = ['FORWARD', ...match, ...comment, '-j', 'ACCEPT'];
      const exists = await succeeds('iptables', ['-w', '-C', ...rule]);
      if (!exists) await run('iptables', ['-w', '-I', ...rule]);
    }
  }

  private async dropForwardRules(matches: (rule: string) => boolean): Promise<void> {
    for (const rule of await forwardChain()) {
      if (!rule.includes(`--comment "${this.tag}"`) || !matches(rule)) continue;
      const words = rule.replace(/^-A/, '-D').match(/"[^"]*"|\S+/g) ?? [];
      await run('iptables', ['-w', ...words.map((word) => word.replaceAll('"', ''))]);
    }
  }

  close(): void {
    this.openSocket?.close();
    this.openSocket = undefined;
  }
}

/** The rules of iptables' FORWARD chain, its policy first; none where iptables is not installed. */
async function forwardChain(): Promise<string[]> {
  try {
    return (await run('iptables', ['-w', '-S', 'FORWARD'])).trim().split('\n');
  } catch {
    return [];
  }
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  );
}
