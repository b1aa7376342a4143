/** Routes of networks. */
import type { Network, NETWORK_ROUTES } from '../contract/networks.ts';
import type {
  NetworkMember,
  NetworkService,
  NetworkView,
} from '../services/networks/network-service.ts';
import type { Handlers } from './handler.ts';

export function networkHandlers(networks: NetworkService): Handlers<typeof NETWORK_ROUTES> {
  return {
    list: ({ query }) => networks.list(query.filters).map((network) => encode(network, [])),
    inspect: ({ params }) => {
      const network = networks.find(params['id'] ?? '');
      return encode(network, networks.membersOf(network));
    },
    create: ({ body }) => networks.create(body.Name, body.Driver || undefined),
    remove: ({ params }) => networks.remove(params['id'] ?? ''),
    connect: ({ params }) => networks.connect(params['id'] ?? ''),
    disconnect: ({ params }) => networks.disconnect(params['id'] ?? ''),
    prune: ({ query }) => {
      const names = networks.prune(query.filters);
      return { NetworksDeleted: names.length > 0 ? names : null }; // Docker's empty list is null
    },
  };
}

function encode(network: NetworkView, members: readonly NetworkMember[]): Network {
  const { subnet, gateway } = network;
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: 'local',
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: null,
      Config: subnet && gateway ? [{ Subnet: subnet, Gateway: gateway }] : null,
    },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(
      members.map((member) => [member.containerId, encodeMember(member)]),
    ),
    Options: optionsOf(network),
    Labels: {},
  };
}

function encodeMember({ containerName, endpoint }: NetworkMember): Network['Containers'][string] {
  return {
    Name: containerName,
    EndpointID: endpoint?.endpointId ?? '',
    MacAddress: endpoint?.macAddress ?? '',
    IPv4Address: endpoint ? `${endpoint.ipv4Address}/${endpoint.prefixLength}` : '',
    IPv6Address: '',
  };
}

/** What tools read to learn the bridge's name. Source: moby `libnetwork/drivers/bridge/labels.go`. */
function optionsOf({ driver, bridgeName, mtu }: NetworkView): Record<string, string> {
  if (driver !== 'bridge' || bridgeName === undefined) return {};
  return {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    'com.docker.network.bridge.name': bridgeName,
    'com.docker.network.driver.mtu': String(mtu),
  };
}
