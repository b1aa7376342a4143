/**
 * Networks by name and id. There are the three that every engine has: `bridge`, `host`, `none`.
 * Their ids are derived from the engine's own, so they are the same after every start.
 */
import { createHash } from 'node:crypto';
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import type { Endpoint, NetworkConfig } from '../../drivers/network.ts';
import { networkFilter } from './network-filters.ts';

/** A container that runs on a network, as `docker network inspect` lists it. */
export interface NetworkMember {
  readonly containerId: string;
  /** Without slash. */
  readonly containerName: string;
  /** None on `host` and `none`. */
  readonly endpoint?: Endpoint;
}

/** Running containers on a network, by the network's id. */
export type NetworkMembers = (networkId: string) => readonly NetworkMember[];

export interface NetworkView extends NetworkConfig {
  /** RFC 3339 with nanoseconds. */
  readonly createdAt: string;
}

export class NetworkService {
  private readonly networks: readonly NetworkView[];
  private readonly members: NetworkMembers;

  /** `bridge`: what `BridgeNetworkDriver.claimDefaultBridge` returned. */
  constructor(parts: {
    engineId: string;
    bridge: Required<Pick<NetworkConfig, 'bridgeName' | 'subnet' | 'gateway' | 'mtu'>>;
    /** RFC 3339 with nanoseconds: the engine's start. */
    createdAt: string;
    members: NetworkMembers;
  }) {
    const { engineId, bridge, createdAt } = parts;
    const id = (name: string) => createHash('sha256').update(`${engineId}/${name}`).digest('hex');
    this.members = parts.members;
    this.networks = [
      { id: id('bridge'), name: 'bridge', driver: 'bridge', createdAt, ...bridge },
      { id: id('host'), name: 'host', driver: 'host', createdAt },
      { id: id('none'), name: 'none', driver: 'null', createdAt },
    ];
  }

  list(filters: Filters = new Map()): NetworkView[] {
    return this.networks.filter(networkFilter(filters));
  }

  /** By name, id or unique prefix of one; throws `not-found`, `network x not found`. */
  find(nameOrId: string): NetworkView {
    const exact = this.networks.find(({ id, name }) => name === nameOrId || id === nameOrId);
    if (exact) return exact;
    const matches =
      nameOrId === '' ? [] : this.networks.filter(({ id }) => id.startsWith(nameOrId));
    if (matches.length > 1)
      throw new EngineError(
        'invalid-argument',
        `network ${nameOrId} is ambiguous (${matches.length} matches found on ID prefix)`,
      );
    if (matches[0]) return matches[0];
    throw new EngineError('not-found', `network ${nameOrId} not found`);
  }

  /**
   * The network of a container's `NetworkMode`: `default` and the empty one are the bridge. Throws
   * `not-found`, and `invalid-argument` where the options ask for what the network cannot give.
   */
  resolve(networkMode: string, options: { ipv4Address?: string } = {}): NetworkConfig {
    const network = this.find(['', 'default'].includes(networkMode) ? 'bridge' : networkMode);
    if (options.ipv4Address)
      throw new EngineError(
        'invalid-argument',
        `invalid config for network ${network.name}: invalid endpoint settings:\nuser specified IP address is supported on user defined networks only`,
      );
    return network;
  }

  membersOf(network: NetworkConfig): readonly NetworkMember[] {
    return this.members(network.id);
  }

  /** Throws dockerd's refusals, and `not-implemented` for what it would make. */
  create(name: string, driver: string = 'bridge'): never {
    if (name === 'default' || this.networks.some((network) => network.name === name))
      throw new EngineError(
        'forbidden',
        `operation is not permitted on predefined ${name} network `,
      );
    if (driver === 'host' || driver === 'null')
      throw new EngineError('forbidden', `only one instance of "${driver}" network is allowed`);
    if (driver !== 'bridge') throw new EngineError('not-found', `plugin "${driver}" not found`);
    throw notYet('user-defined networks are not supported yet: use bridge, host or none');
  }

  /** Throws `forbidden`: what there is cannot be removed. */
  remove(nameOrId: string): never {
    const { name } = this.find(nameOrId);
    throw new EngineError('forbidden', `${name} is a pre-defined network and cannot be removed`);
  }

  connect(nameOrId: string): never {
    this.find(nameOrId);
    throw notYet('connecting a container to a further network is not supported yet');
  }

  disconnect(nameOrId: string): never {
    this.find(nameOrId);
    throw notYet('disconnecting a container from its network is not supported yet');
  }

  /** Names of the networks removed: predefined ones never are. */
  prune(filters: Filters): string[] {
    const known = ['label', 'label!', 'until'];
    for (const key of filters.keys())
      if (!known.includes(key))
        throw new EngineError('invalid-argument', `invalid filter '${key}'`);
    return [];
  }
}

function notYet(message: string): EngineError {
  return new EngineError('not-implemented', message);
}
