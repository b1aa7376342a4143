/**
 * Networks as the HTTP API sees them. Source: Docker Engine API v1.50, "Network".
 */
import * as z from 'zod';
import { queryBoolean, queryFilters, route } from './route.ts';

const texts = z.record(z.string(), z.string());

export const networkContainer = z.object({
  Name: z.string(),
  EndpointID: z.string(),
  MacAddress: z.string(),
  /** With its prefix length, `172.17.0.2/16`; empty without an address. */
  IPv4Address: z.string(),
  IPv6Address: z.string(),
});

export const ipamConfig = z.object({
  Subnet: z.string().optional(),
  IPRange: z.string().optional(),
  Gateway: z.string().optional(),
  AuxiliaryAddresses: texts.nullish(),
});

export const network = z.object({
  Name: z.string(),
  Id: z.string(),
  /** RFC 3339 with nanoseconds. */
  Created: z.string(),
  Scope: z.string(),
  Driver: z.string(),
  EnableIPv4: z.boolean(),
  EnableIPv6: z.boolean(),
  IPAM: z.object({
    Driver: z.string(),
    Options: texts.nullable(),
    Config: z.array(ipamConfig).nullable(),
  }),
  Internal: z.boolean(),
  Attachable: z.boolean(),
  Ingress: z.boolean(),
  ConfigFrom: z.object({ Network: z.string() }),
  ConfigOnly: z.boolean(),
  /** By container id; empty in lists. */
  Containers: z.record(z.string(), networkContainer),
  Options: texts,
  Labels: texts,
});
export type Network = z.output<typeof network>;

const networkCreate = z.object({
  Name: z.string(),
  Driver: z.string().optional(),
  Internal: z.boolean().optional(),
  Attachable: z.boolean().optional(),
  EnableIPv4: z.boolean().nullish(),
  EnableIPv6: z.boolean().nullish(),
  IPAM: z
    .object({
      Driver: z.string().optional(),
      Options: texts.nullish(),
      Config: z.array(ipamConfig).nullish(),
    })
    .nullish(),
  Options: texts.nullish(),
  Labels: texts.nullish(),
});

const endpointChange = z.object({ Container: z.string(), Force: z.boolean().optional() });

export const NETWORK_ROUTES = {
  list: route({
    method: 'GET',
    path: '/networks',
    summary: 'Networks',
    query: z.object({ filters: queryFilters }),
    result: z.array(network),
  }),
  inspect: route({
    method: 'GET',
    path: '/networks/{id}',
    summary: 'One network, with the containers on it',
    query: z.object({ verbose: queryBoolean, scope: z.string().optional() }),
    result: network,
  }),
  create: route({
    method: 'POST',
    path: '/networks/create',
    summary: 'Make a network',
    body: networkCreate,
    result: z.object({ Id: z.string(), Warning: z.string() }),
    status: 201,
  }),
  remove: route({
    method: 'DELETE',
    path: '/networks/{id}',
    summary: 'Remove a network',
    status: 204,
  }),
  connect: route({
    method: 'POST',
    path: '/networks/{id}/connect',
    summary: 'Give a container an endpoint on a network',
    body: endpointChange,
  }),
  disconnect: route({
    method: 'POST',
    path: '/networks/{id}/disconnect',
    summary: 'Take a container off a network',
    body: endpointChange,
  }),
  prune: route({
    method: 'POST',
    path: '/networks/prune',
    summary: 'Remove networks that no container uses',
    query: z.object({ filters: queryFilters }),
    result: z.object({ NetworksDeleted: z.array(z.string()).nullable() }),
  }),
} as const;
