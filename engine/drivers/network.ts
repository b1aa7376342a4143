/**
 * Container networks: a network namespace per container, its interfaces, its published ports.
 *
 * A *sandbox* is the network namespace of one container together with all that the engine made for
 * it on the host (veth, nft map elements, reserved port sockets). Everything carries the
 * container's id or lies under the engine's own names, so that a sweep at start finds what a crash
 * left behind.
 */

/** One `-p`: the host's side may leave the port open (0 = any free one). */
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly containerPort: number;
  /** Empty means all addresses. */
  readonly hostAddress: string;
  /** 0 asks for a free port of the ephemeral range. */
  readonly hostPort: number;
}

export interface SandboxRequest {
  readonly containerId: string;
  /** For messages: who holds a port. Without slash. */
  readonly containerName: string;
  readonly network: NetworkConfig;
  readonly ports: readonly PublishedPort[];
  readonly macAddress?: string;
  readonly ipv4Address?: string;
}

/** A network as the driver needs it. The predefined `bridge`, `host` and `none` are made by the service. */
export interface NetworkConfig {
  readonly id: string;
  readonly name: string;
  readonly driver: 'bridge' | 'host' | 'null';
  /** For `bridge`. */
  readonly bridgeName?: string;
  /** CIDR, `172.17.0.0/16`, and the bridge's own address in it. */
  readonly subnet?: string;
  readonly gateway?: string;
  readonly mtu?: number;
}

export interface Endpoint {
  readonly networkId: string;
  readonly networkName: string;
  /** 64 hex digits, fresh with every start. */
  readonly endpointId: string;
  readonly ipv4Address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly macAddress: string;
}

export interface Sandbox {
  /** A path to hand to the runtime as the network namespace; undefined for the host's own. */
  readonly namespacePath?: string;
  /** None for `host` and `none`. */
  readonly endpoint?: Endpoint;
  /** The ports in force, host port filled in. */
  readonly ports: readonly PublishedPort[];
  /**
   * Listening-reserved sockets of the published ports, to be inherited by the monitor so that no
   * other program takes the port while the container runs. The caller closes them after the hand-over.
   */
  readonly reservedSockets: readonly number[];
}

export interface NetworkDriver {
  /** Makes a network's bridge and rules; idempotent. */
  ensureNetwork(network: NetworkConfig): Promise<void>;
  /** Removes them; absent is no error. */
  removeNetwork(network: NetworkConfig): Promise<void>;
  /**
   * Gives the container its sandbox. All or nothing. A taken port is a `conflict` that names the
   * holder: `Bind for 0.0.0.0:8080 failed: port is already allocated` and who has it.
   */
  attach(request: SandboxRequest): Promise<Sandbox>;
  /** Takes the sandbox down; absent is no error. May finish kernel work off the caller's path. */
  detach(containerId: string): Promise<void>;
  /**
   * After an engine restart: adopts the sandboxes of these running containers, removes all others.
   * One that cannot be adopted or removed is told as a warning and keeps none of the rest from it.
   */
  recover(
    running: readonly { request: SandboxRequest; sandbox: Omit<Sandbox, 'reservedSockets'> }[],
  ): Promise<void>;
  /** Waits for work that was put off. */
  settle(): Promise<void>;
  /** Removes bridge, tables and pooled namespaces; containers that still run keep theirs. */
  close(options: { keepNetworks: boolean }): Promise<void>;
}
