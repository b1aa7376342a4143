/**
 * What has to do with registries besides pulling: push, search, login, what a name stands for there,
 * and which local tags have something newer.
 * Source: Docker Engine API v1.50, ImagePush, ImageSearch, SystemAuth, DistributionInspect.
 */
import * as z from 'zod';
import { ociDescriptor, ociPlatform } from './image-manifests.ts';
import { progressMessage } from './images.ts';
import { queryFilters, queryInteger, route } from './route.ts';

export const searchResult = z.object({
  star_count: z.number(),
  is_official: z.boolean(),
  name: z.string(),
  is_automated: z.boolean(),
  description: z.string(),
});
export type SearchResult = z.output<typeof searchResult>;

export const distributionInspect = z.object({
  Descriptor: ociDescriptor,
  Platforms: z.array(ociPlatform),
});
export type DistributionInspect = z.output<typeof distributionInspect>;

/** A local tag, and what it stands for in its registry now. */
export const imageUpdate = z.object({
  /** `busybox:latest`. */
  Reference: z.string(),
  ImageId: z.string(),
  /** Digests under which the image is known to come from that repository. */
  LocalDigests: z.array(z.string()),
  /** Empty when the registry could not be asked. */
  RemoteDigest: z.string(),
  HasUpdate: z.boolean(),
  /** Why it could not be asked. */
  Error: z.string().optional(),
});
export type ImageUpdate = z.output<typeof imageUpdate>;

export const REGISTRY_ROUTES = {
  imagePush: route({
    method: 'POST',
    path: '/images/{name*}/push',
    summary: 'Push a tag, or every tag of a repository, to its registry',
    query: z.object({
      /** Empty: every tag. */
      tag: z.string().default(''),
      /** `{"os": …, "architecture": …, "variant": …}`: the image must be of this platform. */
      platform: z.string().default(''),
    }),
    answer: 'json-lines',
    result: progressMessage,
  }),
  imageSearch: route({
    method: 'GET',
    path: '/images/search',
    summary: 'Search Docker Hub, or with host/term another registry',
    query: z.object({
      term: z.string().default(''),
      /** 1 to 100. */
      limit: queryInteger,
      /** is-automated, is-official, stars. */
      filters: queryFilters,
    }),
    result: z.array(searchResult),
  }),
  auth: route({
    method: 'POST',
    path: '/auth',
    summary: 'Check credentials with a registry',
    body: z.looseObject({
      username: z.string().default(''),
      password: z.string().default(''),
      identitytoken: z.string().default(''),
      /** Host, or an address with a path; empty is Docker Hub. */
      serveraddress: z.string().default(''),
    }),
    result: z.object({ Status: z.string(), IdentityToken: z.string() }),
  }),
  distributionInspect: route({
    method: 'GET',
    path: '/distribution/{name*}/json',
    summary: 'Digest and platforms of an image in its registry',
    result: distributionInspect,
  }),
  imageUpdates: route({
    method: 'GET',
    path: '/gantry/images/updates',
    summary: 'Local tags that stand for another image in their registry by now; pulls nothing',
    result: z.array(imageUpdate),
  }),
} as const;
