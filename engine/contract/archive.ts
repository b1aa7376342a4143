/**
 * Looking into containers: files in and out as tar archives, changes, export, commit. Source: Docker Engine
 * API v1.50, ContainerArchive and others. Pure.
 */
import * as z from 'zod';
import { containerConfig } from './containers.ts';
import { queryBoolean, queryBooleanOrTrue, route } from './route.ts';

/** Base64 of a JSON document: what the path is. On the answers of HEAD and GET. */
export const PATH_STAT_HEADER = 'X-Docker-Container-Path-Stat';

export const pathStat = z.object({
  name: z.string(),
  size: z.int(),
  /** Bits of Go's `os.FileMode`, which are not those of `st_mode`. */
  mode: z.int(),
  /** RFC 3339. */
  mtime: z.string(),
  linkTarget: z.string(),
});
export type PathStatDocument = z.output<typeof pathStat>;

const path = z.string().default('');

export const ARCHIVE_ROUTES = {
  archiveHead: route({
    method: 'HEAD',
    path: '/containers/{id}/archive',
    summary: 'What a path in a container is, in the header X-Docker-Container-Path-Stat',
    query: z.object({ path }),
  }),
  archiveGet: route({
    method: 'GET',
    path: '/containers/{id}/archive',
    summary: 'A file or directory of a container as a tar archive',
    query: z.object({ path }),
    answer: 'stream',
  }),
  archivePut: route({
    method: 'PUT',
    path: '/containers/{id}/archive',
    summary: 'Unpack a tar archive into a directory of a container',
    query: z.object({
      path,
      /** Fail rather than replace a directory by something else, or something else by one. */
      noOverwriteDirNonDir: queryBoolean,
      /** Give the files to the container's user. */
      copyUIDGID: queryBoolean,
    }),
  }),
  containerChanges: route({
    method: 'GET',
    path: '/containers/{id}/changes',
    summary: 'What a container changed in its file system',
    result: z
      .array(
        z.object({
          Path: z.string(),
          /** 0 modified, 1 added, 2 deleted. */
          Kind: z.union([z.literal(0), z.literal(1), z.literal(2)]),
        }),
      )
      .nullable(),
  }),
  containerCommit: route({
    method: 'POST',
    path: '/commit',
    summary: 'Make an image of a container and what it changed',
    query: z.object({
      container: z.string().default(''),
      repo: z.string().default(''),
      tag: z.string().default(''),
      comment: z.string().default(''),
      author: z.string().default(''),
      /** Freeze the container meanwhile. */
      pause: queryBooleanOrTrue,
      /** Dockerfile instructions; may be given several times. */
      changes: z.string().default(''),
    }),
    body: containerConfig.nullish(),
    status: 201,
    result: z.object({ Id: z.string() }),
  }),
  containerExport: route({
    method: 'GET',
    path: '/containers/{id}/export',
    summary: "A container's file system as a tar archive, without its mounts",
    answer: 'stream',
  }),
} as const;
