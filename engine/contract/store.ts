/** The window's view of what images consist of, and the scrub of the store. Pure. */
import * as z from 'zod';
import { queryInteger, route } from './route.ts';

const fileCount = z.object({ files: z.number(), bytes: z.number() });

/** One step of an image's history; one that made no layer has neither digests nor files. */
export const imageStep = z.object({
  /** What made it, as the builder noted it; empty when nothing was noted. */
  command: z.string(),
  /** RFC 3339; empty when it was not noted. */
  created: z.string(),
  comment: z.string(),
  layer: z
    .object({
      /** Position among the image's layers, lowest 0: how its files are asked for. */
      index: z.number(),
      diffId: z.string(),
      /** Of the blob, and its bytes. */
      digest: z.string(),
      blobBytes: z.number(),
      /** Sum of its files' sizes, as `docker history` shows it. */
      sizeBytes: z.number(),
      /** Disk its files take. */
      diskBytes: z.number(),
      added: fileCount,
      /** `previousBytes`: what was in their place. */
      changed: fileCount.extend({ previousBytes: z.number() }),
      removed: fileCount,
      /** Bytes of this layer that a later one replaced or removed. */
      wastedBytes: z.number(),
    })
    .optional(),
});
export type ImageStep = z.output<typeof imageStep>;

export const imageLayers = z.object({
  id: z.string(),
  /** Oldest first. */
  steps: z.array(imageStep),
  sizeBytes: z.number(),
  blobBytes: z.number(),
  wastedBytes: z.number(),
});
export type ImageLayers = z.output<typeof imageLayers>;

const fileChange = z.enum(['added', 'changed', 'removed']);

export const layerFiles = z.object({
  /** Largest first. */
  files: z.array(
    z.object({
      path: z.string(),
      change: fileChange,
      /** Of a removed file, what it was. */
      bytes: z.number(),
      /** Of a changed file, before it. */
      previousBytes: z.number().optional(),
    }),
  ),
  /** All that fit, of which this is a page. */
  total: z.number(),
});

/** A blob is what came from a registry; a layer what it was unpacked to. */
export const storeProblemKind = z.enum([
  'damaged-blob',
  'missing-blob',
  'damaged-layer',
  'missing-layer',
]);

export const storeCheckMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), doneBytes: z.number(), totalBytes: z.number() }),
  /** A damaged blob is marked, so that the next pull of an image that needs it heals it. */
  z.object({
    kind: z.literal('problem'),
    problem: storeProblemKind,
    digest: z.string(),
    /** For people: what is wrong and what to do. */
    message: z.string(),
    /** Names, or ids of those without. */
    images: z.array(z.string()),
  }),
  /** Left by something that was cut off; the engine's next start removes it. Only of an engine at rest. */
  z.object({ kind: z.literal('leftover'), what: z.string(), bytes: z.number() }),
  z.object({
    kind: z.literal('done'),
    blobs: z.number(),
    layers: z.number(),
    bytes: z.number(),
    problems: z.number(),
    leftovers: z.number(),
  }),
]);
export type StoreCheckMessage = z.output<typeof storeCheckMessage>;

export const STORE_ROUTES = {
  imageLayers: route({
    method: 'GET',
    path: '/gantry/images/{name*}/layers',
    summary: 'What each step of an image did to its files, and what of it is wasted',
    result: imageLayers,
  }),
  layerFiles: route({
    method: 'GET',
    path: '/gantry/images/{name*}/layers/{index}/files',
    summary: 'Files that one layer added, changed and removed, largest first, page by page',
    query: z.object({
      /** One kind only. */
      change: z.union([fileChange, z.literal('')]).default(''),
      offset: queryInteger,
      /** 1 to 10000; default 1000. */
      limit: queryInteger,
    }),
    result: layerFiles,
  }),
  checkStore: route({
    method: 'POST',
    path: '/gantry/check',
    summary: 'Verify every blob and every layer; what is damaged is marked for the next pull',
    answer: 'json-lines',
    result: storeCheckMessage,
  }),
} as const;
