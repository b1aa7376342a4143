/**
 * One bridge network at work: its addresses, and sandboxes on it, some made ahead of need. An
 * address belongs to a sandbox from its making to its removal, whether a container has it or not.
 */
import { EngineError } from '../../contract/errors.ts';
import { AddressPool } from '../../formats/ip-address-pool.ts';
import { macOfIpv4, parseSubnet, type Subnet } from '../../formats/ip-address.ts';
import { ReadyPool } from './ready-pool.ts';
import type { BridgePort, Sandboxes } from './sandboxes.ts';

export interface BridgedSandbox {
  readonly path: string;
  readonly address: string;
  readonly macAddress: string;
}

/** Long enough for the caller to have started its monitor, short enough to be done while it works. */
const REFILL_DELAY_MS = 4;

export class BridgeSegment {
  private bridgePort: BridgePort;
  readonly subnet: Subnet;
  private readonly sandboxes: Sandboxes;
  private readonly addresses: AddressPool;
  private readonly pool: ReadyPool<BridgedSandbox>;

  constructor(
    sandboxes: Sandboxes,
    network: { subnet: string; gateway: string; mtu: number; bridgeIndex: number },
    readyCount: number,
  ) {
    const subnet = parseSubnet(network.subnet);
    this.subnet = subnet;
    const { gateway, mtu, bridgeIndex } = network;
    this.sandboxes = sandboxes;
    this.bridgePort = { bridgeIndex, mtu, gateway, prefixLength: subnet.prefixLength };
    this.addresses = new AddressPool(subnet, gateway);
    this.pool = new ReadyPool({
      make: () => this.make(this.addresses.take()),
      destroy: (sandbox) => this.remove(sandbox),
      size: readyCount,
      refillDelayMs: REFILL_DELAY_MS,
    });
  }

  get port(): BridgePort {
    return this.bridgePort;
  }

  /** Goes on with a bridge that was made again: what was made ahead hangs on the old one. */
  moveTo(bridgeIndex: number): void {
    this.drain();
    this.bridgePort = { ...this.bridgePort, bridgeIndex };
  }

  /** A sandbox of the caller's own; with a wish for its address or MAC it is made now. */
  take(wish: { address?: string; macAddress?: string } = {}): BridgedSandbox {
    if (wish.address === undefined && wish.macAddress === undefined) return this.pool.take();
    if (wish.address === undefined) return this.make(this.addresses.take(), wish.macAddress);
    if (!this.addresses.claim(wish.address))
      throw new EngineError('conflict', `Address already in use: ${wish.address}`);
    return this.make(wish.address, wish.macAddress);
  }

  private make(address: string, macAddress = macOfIpv4(address)): BridgedSandbox {
    try {
      const path = this.sandboxes.createBridged(this.port, address, macAddress);
      return { path, address, macAddress };
    } catch (error) {
      this.addresses.release(address);
      throw error;
    }
  }

  /** Takes over a sandbox that an earlier run of the engine made. */
  adopt(sandbox: BridgedSandbox): void {
    this.addresses.claim(sandbox.address);
  }

  remove(sandbox: BridgedSandbox): void {
    this.sandboxes.remove(sandbox.path);
    this.addresses.release(sandbox.address);
  }

  /** Removes the sandboxes that no container has. */
  drain(): void {
    this.pool.drain();
  }
}
