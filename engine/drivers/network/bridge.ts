/**
 * `NetworkDriver` on Linux: bridges with NAT, the host's own network, and none.
 *
 * `attach` on a bridge takes a sandbox made ahead of need, so that it costs the start of a
 * container some 0.2 ms, or 1.6 when none is ready. `detach` forgets at once and leaves the
 * kernel's work for the next turn of the event loop. What is made carries the engine's tag or lies
 * under its `execRoot`; `recover` removes what a crash left.
 */
import { randomBytes } from 'node:crypto';
import { EngineError, messageOf } from '../../contract/errors.ts';
import { DEFAULT_POOL_RANGES, type AddressPoolRange } from '../../formats/ip-address-pool.ts';
import { ipv4ToNumber } from '../../formats/ip-address.ts';
import type { MappedPort } from '../../formats/nft-rules.ts';
import { NETLINK, NetlinkSocket } from '../../host/netlink.ts';
import { closeSocket, interfaceIndex } from '../../host/sockets.ts';
import type {
  Endpoint,
  NetworkConfig,
  NetworkDriver,
  PublishedPort,
  Sandbox,
  SandboxRequest,
} from '../network.ts';
import {
  allowForwarding,
  bridgeOf,
  chooseBridgeAddress,
  engineTagOf,
  ensureBridge,
  DEFAULT_MTU,
  parseBridgeAddress,
  refuseOverlap,
  removeBridge,
  type BridgeConfig,
} from './bridge-device.ts';
import { BridgeSegment, type BridgedSandbox } from './bridge-segment.ts';
import { Firewall } from './firewall.ts';
import { listAddresses } from './links.ts';
import { PortTable } from './port-table.ts';
import { PutOffWork } from './put-off-work.ts';
import { ReadyPool } from './ready-pool.ts';
import { Sandboxes } from './sandboxes.ts';

export interface BridgeNetworkOptions {
  /** Stable for this engine's roots, different for every other engine of the machine. */
  readonly engineId: string;
  /** At most 15 characters. */
  readonly bridgeName: string;
  /** `--bip`, `10.1.0.1/24`; without it a free subnet of `addressPools` is chosen. */
  readonly subnet?: string;
  readonly addressPools?: readonly AddressPoolRange[];
  /** Default 1500. */
  readonly mtu?: number;
  readonly execRoot: string;
  /** Sandboxes kept ready for each network that is in use. Default 3. */
  readonly readyCount?: number;
  /** Told of put-off work that failed. */
  readonly warn?: (message: string) => void;
}

/** What a container has of this driver, to be undone by `detach`. */
interface Attachment {
  readonly ports: readonly PublishedPort[];
  readonly mappings: readonly MappedPort[];
  readonly release: () => void;
}

const STRAY_CHECK_DELAY_MS = 2000;
const SETTLE_TIMEOUT_MS = 2000;

export class BridgeNetworkDriver implements NetworkDriver {
  private readonly options: BridgeNetworkOptions;
  private readonly route = new NetlinkSocket(NETLINK.ROUTE);
  private readonly ports = new PortTable();
  private readonly firewall: Firewall;
  private readonly sandboxes: Sandboxes;
  private readonly isolated: ReadyPool<string>;
  /** By bridge name; a network that could not be set up is tried again by the next attach. */
  private readonly segments = new Map<string, Promise<BridgeSegment>>();
  private readonly attachments = new Map<string, Attachment>();
  private readonly putOff: PutOffWork;
  private strayCheck: NodeJS.Timeout | undefined;

  constructor(options: BridgeNetworkOptions) {
    const tag = engineTagOf(options.engineId);
    this.options = options;
    this.firewall = new Firewall(tag);
    this.putOff = new PutOffWork((message) => options.warn?.(message));
    this.sandboxes = new Sandboxes(options.execRoot, tag, this.route);
    this.isolated = new ReadyPool({
      make: () => this.sandboxes.createIsolated(),
      destroy: (path) => this.sandboxes.remove(path),
      size: options.readyCount ?? 3,
      refillDelayMs: 4,
    });
  }

  /**
   * Address of the default bridge, which is made if it does not stand: from then on the host has a
   * route for the subnet, and no other engine chooses it. Throws `conflict` or `unavailable`.
   */
  claimDefaultBridge(): BridgeConfig {
    const { bridgeName, subnet, addressPools = DEFAULT_POOL_RANGES } = this.options;
    const mtu = this.options.mtu ?? DEFAULT_MTU;
    const address = subnet
      ? parseBridgeAddress(subnet)
      : chooseBridgeAddress(this.route, bridgeName, addressPools);
    if (subnet) refuseOverlap(this.route, bridgeName, address);
    ensureBridge(this.route, { ...address, bridgeName, mtu });
    return { ...address, bridgeName, mtu };
  }

  async ensureNetwork(network: NetworkConfig): Promise<void> {
    if (network.driver === 'bridge') await this.segmentOf(network);
  }

  async removeNetwork(network: NetworkConfig): Promise<void> {
    const { bridgeName } = network;
    if (network.driver !== 'bridge' || bridgeName === undefined) return;
    const segment = await this.segments.get(bridgeName)?.catch(() => undefined);
    this.segments.delete(bridgeName);
    segment?.drain();
    await this.firewall.removeNetwork(bridgeName);
    removeBridge(this.route, bridgeName);
  }

  private segmentOf(network: NetworkConfig): Promise<BridgeSegment> {
    const key = network.bridgeName ?? '';
    let segment = this.segments.get(key);
    if (segment === undefined) {
      segment = this.open(network);
      this.segments.set(key, segment);
      segment.catch(() => this.segments.delete(key));
    }
    return segment;
  }

  private async open(network: NetworkConfig): Promise<BridgeSegment> {
    const bridge = bridgeOf(network);
    const { bridgeName, subnet, gateway, mtu } = bridge;
    const bridgeIndex = ensureBridge(this.route, bridge);
    allowForwarding(bridgeName);
    await this.firewall.addNetwork({ bridgeName, subnet });
    const shape = { subnet, gateway, mtu, bridgeIndex };
    return new BridgeSegment(this.sandboxes, shape, this.options.readyCount ?? 3);
  }

  async attach(request: SandboxRequest): Promise<Sandbox> {
    await this.detach(request.containerId);
    switch (request.network.driver) {
      case 'host':
        return { ports: [], reservedSockets: [] };
      case 'null':
        return this.attachIsolated(request.containerId);
      case 'bridge':
        return this.attachBridged(request, await this.standingSegmentOf(request.network));
    }
  }

  /**
   * The segment, with its bridge and rules made again where somebody removed them (`nft flush
   * ruleset`, a firewall's reload, a network manager). The two questions cost 0.03 ms.
   */
  private async standingSegmentOf(network: NetworkConfig): Promise<BridgeSegment> {
    const segment = await this.segmentOf(network);
    const bridge = bridgeOf(network);
    if (interfaceIndex(bridge.bridgeName) !== segment.port.bridgeIndex) {
      segment.moveTo(ensureBridge(this.route, bridge));
      allowForwarding(bridge.bridgeName);
    }
    if (!this.firewall.stands()) {
      const attachments = [...this.attachments.values()];
      await this.firewall.restore(attachments.flatMap(({ mappings }) => mappings));
    }
    return segment;
  }

  private attachIsolated(containerId: string): Sandbox {
    const namespacePath = this.isolated.take();
    const release = () => this.sandboxes.remove(namespacePath);
    this.attachments.set(containerId, { ports: [], mappings: [], release });
    return { namespacePath, ports: [], reservedSockets: [] };
  }

  /** Synchronous, so that nothing comes between the steps; each failure undoes the steps before. */
  private attachBridged(request: SandboxRequest, segment: BridgeSegment): Sandbox {
    const endpointId = randomBytes(32).toString('hex');
    const { ports, sockets } = this.reserve(request, endpointId);
    let sandbox: BridgedSandbox | undefined;
    try {
      sandbox = segment.take({
        ...(request.ipv4Address && { address: request.ipv4Address }),
        ...(request.macAddress && { macAddress: request.macAddress }),
      });
      const mappings = mappingsOf(ports, sandbox.address);
      this.firewall.publish(mappings);
      this.note(request.containerId, segment, sandbox, ports, mappings);
      this.redirectUdp(mappings, segment);
      return {
        namespacePath: sandbox.path,
        endpoint: endpointOf(request.network, endpointId, segment, sandbox),
        ports,
        reservedSockets: sockets,
      };
    } catch (error) {
      if (sandbox) segment.remove(sandbox);
      this.ports.releasePorts(request.containerId, ports);
      sockets.forEach(closeSocket);
      throw error;
    }
  }

  /** Put off: the container has some milliseconds to go until it could answer anyway. */
  private redirectUdp(mappings: readonly MappedPort[], segment: BridgeSegment): void {
    const udp = mappings.filter(({ protocol }) => protocol === 'udp');
    if (udp.length === 0) return;
    this.putOff.add(() => {
      const addresses = listAddresses(this.route).map(({ address }) => ipv4ToNumber(address) ?? 0);
      const place = { subnet: segment.subnet, hostAddresses: new Set(addresses) };
      this.firewall.redirectFlows(udp, place);
    });
  }

  private reserve(request: SandboxRequest, endpointId: string) {
    try {
      return this.ports.reserve(request, request.ports);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new EngineError(
        error.code,
        `driver failed programming external connectivity on endpoint ${request.containerName} (${endpointId}): ${error.message}`,
        { cause: error },
      );
    }
  }

  private note(
    containerId: string,
    segment: BridgeSegment,
    sandbox: BridgedSandbox,
    ports: readonly PublishedPort[],
    mappings: readonly MappedPort[],
  ): void {
    const release = () => segment.remove(sandbox);
    this.attachments.set(containerId, { ports, mappings, release });
  }

  /** The ports are free and lead nowhere when this returns; the namespace goes in the next turn. */
  detach(containerId: string): Promise<void> {
    const attachment = this.attachments.get(containerId);
    if (attachment === undefined) return Promise.resolve();
    this.attachments.delete(containerId);
    this.ports.releasePorts(containerId, attachment.ports);
    this.firewall.withdraw(attachment.mappings);
    this.putOff.add(attachment.release);
    this.checkForStrays();
    return Promise.resolve();
  }

  /** Only a namespace that somebody else still holds keeps its interface this long. */
  private checkForStrays(): void {
    this.strayCheck ??= setTimeout(() => {
      this.removeStrays().catch((error: unknown) =>
        this.options.warn?.(`stray interfaces could not be removed: ${messageOf(error)}`),
      );
    }, STRAY_CHECK_DELAY_MS).unref();
  }

  private async removeStrays(): Promise<void> {
    clearTimeout(this.strayCheck);
    this.strayCheck = undefined;
    await this.sandboxes.deleteLinks(this.sandboxes.strayLinks());
  }

  async recover(
    running: readonly { request: SandboxRequest; sandbox: Omit<Sandbox, 'reservedSockets'> }[],
  ): Promise<void> {
    const mappings: MappedPort[] = [];
    const kept = new Set<string>();
    for (const { request, sandbox } of running) {
      if (sandbox.namespacePath !== undefined) kept.add(sandbox.namespacePath);
      try {
        mappings.push(...(await this.adopt(request, sandbox)));
      } catch (error) {
        this.warn(`the network of container ${request.containerName} is not as it was`, error);
      }
    }
    for (const path of this.sandboxes.list()) if (!kept.has(path)) this.removeLeftover(path);
    if (this.segments.size > 0) await this.firewall.restore(mappings);
    else await this.firewall.remove();
    this.checkForStrays();
  }

  private removeLeftover(path: string): void {
    try {
      this.sandboxes.remove(path);
    } catch (error) {
      this.warn(`a network namespace could not be removed: ${path}`, error);
    }
  }

  private warn(what: string, error: unknown): void {
    this.options.warn?.(`${what}: ${messageOf(error)}`);
  }

  private async adopt(
    request: SandboxRequest,
    sandbox: Omit<Sandbox, 'reservedSockets'>,
  ): Promise<readonly MappedPort[]> {
    const { namespacePath: path, endpoint, ports } = sandbox;
    if (path === undefined) return [];
    if (endpoint === undefined) {
      const release = () => this.sandboxes.remove(path);
      this.attachments.set(request.containerId, { ports: [], mappings: [], release });
      return [];
    }
    const segment = await this.segmentOf(request.network);
    const bridged = { path, address: endpoint.ipv4Address, macAddress: endpoint.macAddress };
    const mappings = mappingsOf(ports, bridged.address);
    segment.adopt(bridged);
    this.ports.adopt(request, ports);
    this.note(request.containerId, segment, bridged, ports, mappings);
    return mappings;
  }

  async settle(): Promise<void> {
    this.putOff.finish();
    const deadline = performance.now() + SETTLE_TIMEOUT_MS;
    while (this.sandboxes.strayLinks().length > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await this.removeStrays();
  }

  async close(options: { keepNetworks: boolean }): Promise<void> {
    const segments = await Promise.all([...this.segments.values()].map((s) => s.catch(() => {})));
    for (const segment of segments) segment?.drain();
    this.isolated.drain();
    await this.settle();
    if (!options.keepNetworks) {
      await this.firewall.remove();
      for (const bridgeName of new Set([...this.segments.keys(), this.options.bridgeName]))
        removeBridge(this.route, bridgeName);
    }
    this.firewall.close();
    this.route.close();
  }
}

function mappingsOf(ports: readonly PublishedPort[], containerAddress: string): MappedPort[] {
  return ports.map((port) => ({ ...port, containerAddress }));
}

function endpointOf(
  network: NetworkConfig,
  endpointId: string,
  segment: BridgeSegment,
  sandbox: BridgedSandbox,
): Endpoint {
  return {
    networkId: network.id,
    networkName: network.name,
    endpointId,
    ipv4Address: sandbox.address,
    prefixLength: segment.port.prefixLength,
    gateway: segment.port.gateway,
    macAddress: sandbox.macAddress,
  };
}
