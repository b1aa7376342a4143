/**
 * Images: pull, import, list, inspect, tag, delete, history, prune.
 * Source: Docker Engine API v1.50, tag "Image".
 */
import * as z from 'zod';
import { imageManifestSummary, ociDescriptor } from './image-manifests.ts';
import { queryBoolean, queryFilters, route } from './route.ts';
import { imageSummary } from './summaries.ts';

/** One line of progress, as the docker CLI draws it. Field order is Docker's. */
export const progressMessage = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  progressDetail: z
    .object({ current: z.number().optional(), total: z.number().optional() })
    .optional(),
  /** The bar as text, for clients that draw none of their own. */
  progress: z.string().optional(),
  /** Layer (12 hex digits) or tag the line is about. */
  id: z.string().optional(),
  aux: z.unknown().optional(),
});
export type ProgressMessage = z.output<typeof progressMessage>;

export const imageInspect = z.object({
  Id: z.string(),
  RepoTags: z.array(z.string()),
  RepoDigests: z.array(z.string()),
  Parent: z.string(),
  Comment: z.string(),
  Created: z.string().optional(),
  DockerVersion: z.string(),
  Author: z.string(),
  Config: z.looseObject({}),
  Architecture: z.string(),
  Variant: z.string().optional(),
  Os: z.string(),
  OsVersion: z.string().optional(),
  Size: z.number(),
  VirtualSize: z.number().optional(),
  GraphDriver: z.object({ Name: z.string(), Data: z.record(z.string(), z.string()).nullable() }),
  RootFS: z.object({ Type: z.string(), Layers: z.array(z.string()).optional() }),
  Metadata: z.object({ LastTagTime: z.string() }),
  /** Before API 1.45: the container it was built in, which is long gone. */
  Container: z.string().optional(),
  ContainerConfig: z.looseObject({}).optional(),
  /** From API 1.48 on. */
  Descriptor: ociDescriptor.optional(),
  Manifests: z.array(imageManifestSummary).optional(),
});
export type ImageInspect = z.output<typeof imageInspect>;

export const imageHistoryItem = z.object({
  /** Image ID for the top line, `<missing>` below it. */
  Id: z.string(),
  /** Seconds since the epoch. */
  Created: z.number(),
  CreatedBy: z.string(),
  Tags: z.array(z.string()).nullable(),
  Size: z.number(),
  Comment: z.string(),
});
export type ImageHistoryItem = z.output<typeof imageHistoryItem>;

/** One of the two is there. */
export const imageDeletion = z.object({
  Untagged: z.string().optional(),
  Deleted: z.string().optional(),
});
export type ImageDeletion = z.output<typeof imageDeletion>;

export const IMAGE_ROUTES = {
  imageCreate: route({
    method: 'POST',
    path: '/images/create',
    summary: 'Pull an image from a registry, or import one from an archive',
    query: z.object({
      fromImage: z.string().default(''),
      /** An address on the web, or `-` for the body. */
      fromSrc: z.string().default(''),
      repo: z.string().default(''),
      /** Tag or digest. */
      tag: z.string().default(''),
      message: z.string().default(''),
      /** `os[/arch[/variant]]`. */
      platform: z.string().default(''),
      /** Dockerfile instructions; may be given several times. */
      changes: z.string().default(''),
    }),
    answer: 'json-lines',
    result: progressMessage,
  }),
  imageList: route({
    method: 'GET',
    path: '/images/json',
    summary: 'List images',
    query: z.object({
      all: queryBoolean,
      /** dangling, label, before, since, reference, until. */
      filters: queryFilters,
      /** One reference, as clients before API 1.41 write the filter. */
      filter: z.string().default(''),
      digests: queryBoolean,
      'shared-size': queryBoolean,
      manifests: queryBoolean,
    }),
    result: z.array(imageSummary),
  }),
  imageInspect: route({
    method: 'GET',
    path: '/images/{name*}/json',
    summary: 'Inspect an image',
    query: z.object({
      manifests: queryBoolean,
      /** An OCI platform as JSON. */
      platform: z.string().default(''),
    }),
    result: imageInspect,
  }),
  imageHistory: route({
    method: 'GET',
    path: '/images/{name*}/history',
    summary: 'How an image was made, newest layer first',
    query: z.object({
      /** An OCI platform as JSON. */
      platform: z.string().default(''),
    }),
    result: z.array(imageHistoryItem),
  }),
  imageSave: route({
    method: 'GET',
    path: '/images/get',
    summary: 'Several images as a tar archive: names=… for each',
    query: z.object({
      names: z.string().default(''),
      /** An OCI platform as JSON: images of another one are refused. */
      platform: z.string().default(''),
    }),
    answer: 'stream',
  }),
  imageSaveOne: route({
    method: 'GET',
    path: '/images/{name*}/get',
    summary: 'One image as a tar archive',
    query: z.object({ platform: z.string().default('') }),
    answer: 'stream',
  }),
  imageLoad: route({
    method: 'POST',
    path: '/images/load',
    summary: 'Load the images of a tar archive',
    query: z.object({ quiet: queryBoolean, platform: z.string().default('') }),
    answer: 'json-lines',
    result: progressMessage,
  }),
  imageTag: route({
    method: 'POST',
    path: '/images/{name*}/tag',
    summary: 'Give an image another name',
    query: z.object({ repo: z.string().default(''), tag: z.string().default('') }),
    status: 201,
  }),
  imageDelete: route({
    method: 'DELETE',
    path: '/images/{name*}',
    summary: 'Remove a name of an image, and the image with its last name',
    query: z.object({
      force: queryBoolean,
      noprune: queryBoolean,
      /** An OCI platform as JSON; at most one. */
      platforms: z.string().default(''),
    }),
    result: z.array(imageDeletion),
  }),
  imagePrune: route({
    method: 'POST',
    path: '/images/prune',
    summary: 'Delete unused images',
    query: z.object({
      /** dangling, until, label, label!. */
      filters: queryFilters,
    }),
    result: z.object({
      ImagesDeleted: z.array(imageDeletion).nullable(),
      SpaceReclaimed: z.number(),
    }),
  }),
} as const;
