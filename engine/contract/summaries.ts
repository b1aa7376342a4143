/**
 * One line of `docker ps` and `docker images`: the shapes lists answer with and the watch stream
 * carries. Source: Docker Engine API v1.50, ContainerSummary and ImageSummary.
 */
import * as z from 'zod';
import { imageManifestSummary, ociDescriptor } from './image-manifests.ts';

export const portSummary = z.object({
  IP: z.string().optional(),
  PrivatePort: z.number(),
  PublicPort: z.number().optional(),
  Type: z.enum(['tcp', 'udp', 'sctp']),
});

export const mountPoint = z.object({
  Type: z.enum(['bind', 'volume', 'tmpfs', 'image']),
  Name: z.string().optional(),
  Source: z.string(),
  Destination: z.string(),
  Driver: z.string().optional(),
  Mode: z.string(),
  RW: z.boolean(),
  Propagation: z.string(),
});

export const endpointSettings = z.object({
  IPAMConfig: z.record(z.string(), z.unknown()).nullish(),
  Links: z.array(z.string()).nullish(),
  Aliases: z.array(z.string()).nullish(),
  MacAddress: z.string().default(''),
  DriverOpts: z.record(z.string(), z.string()).nullish(),
  GwPriority: z.number().default(0),
  NetworkID: z.string().default(''),
  EndpointID: z.string().default(''),
  Gateway: z.string().default(''),
  IPAddress: z.string().default(''),
  IPPrefixLen: z.number().default(0),
  IPv6Gateway: z.string().default(''),
  GlobalIPv6Address: z.string().default(''),
  GlobalIPv6PrefixLen: z.number().default(0),
  DNSNames: z.array(z.string()).nullish(),
});

export const containerStatus = z.enum([
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
]);

export const containerSummary = z.object({
  Id: z.string(),
  /** Each with a leading slash. */
  Names: z.array(z.string()),
  /** As typed at create. */
  Image: z.string(),
  ImageID: z.string(),
  Command: z.string(),
  /** Seconds since the epoch. */
  Created: z.number(),
  Ports: z.array(portSummary),
  SizeRw: z.number().optional(),
  SizeRootFs: z.number().optional(),
  Labels: z.record(z.string(), z.string()),
  State: containerStatus,
  /** `Up 3 minutes`, `Exited (0) 2 hours ago`. */
  Status: z.string(),
  HostConfig: z.object({ NetworkMode: z.string() }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), endpointSettings) }),
  Mounts: z.array(mountPoint),
});
export type ContainerSummary = z.output<typeof containerSummary>;

export const imageSummary = z.object({
  Id: z.string(),
  ParentId: z.string(),
  RepoTags: z.array(z.string()),
  RepoDigests: z.array(z.string()),
  /** Seconds since the epoch. */
  Created: z.number(),
  /** Bytes unpacked. */
  Size: z.number(),
  SharedSize: z.number(),
  Labels: z.record(z.string(), z.string()).nullable(),
  /** Containers that use it; -1 when not counted. */
  Containers: z.number(),
  /** Before API 1.44, the same as Size. */
  VirtualSize: z.number().optional(),
  /** What it was pulled by, from API 1.48 on. */
  Descriptor: ociDescriptor.optional(),
  Manifests: z.array(imageManifestSummary).optional(),
});
export type ImageSummary = z.output<typeof imageSummary>;
