/** An image as the rest of the engine sees it, and how containers look one up. */
import type { Digest } from '../../formats/digest.ts';
import type { CommitImageRequest } from './commit.ts';

/** The `config` object of an image's configuration, as much of it as a container inherits. */
export interface ImageRunConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, object>> | null;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string;
  readonly Shell?: readonly string[];
  readonly Healthcheck?: object;
}

export interface Image {
  /** Digest of the configuration. */
  readonly id: Digest;
  /** Familiar form, `busybox:latest`. */
  readonly repoTags: readonly string[];
  /** Familiar form, `busybox@sha256:…`. */
  readonly repoDigests: readonly string[];
  /** Layers, lowest first. */
  readonly diffIds: readonly Digest[];
  readonly config: ImageRunConfig;
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** RFC 3339, as the configuration has it. */
  readonly created: string;
  /** Sum of the unpacked layers. */
  readonly sizeBytes: number;
}

export interface ImageLookup {
  /**
   * Resolves once every layer of the image can be mounted: at once as a rule; after an unclean boot
   * its layers are unpacked again first. Await it before `Snapshotter.mount`.
   */
  ensureUnpacked(image: Pick<Image, 'id' | 'diffIds'>): Promise<void>;

  /**
   * By reference (`busybox`, `host/a/b:tag`, `name@sha256:…`), id or unique id prefix. Throws
   * `not-found` with Docker's text, `No such image: busybox:latest`, also for one that is not of the
   * platform (`os[/arch[/variant]]`) where one is asked for.
   */
  find(reference: string, platform?: string): Image;

  /**
   * By id alone. An image that was deleted while a container still stands on its layers is found
   * here (and only here) until that container is gone; after that undefined.
   */
  get(id: Digest): Image | undefined;
}

/** Makes images of containers. */
export interface ImageMaker {
  /** One more layer on an image; resolves with the new image's id. Nothing is left of a failure. */
  commit(request: CommitImageRequest, signal: AbortSignal): Promise<Digest>;
}

/** Who uses an image, so that images in use are kept and counted. */
export interface ImageUsers {
  /** Containers made from the image or mounting it: id, name without slash, and whether it runs. */
  containersOf(id: Digest): { id: string; name: string; running: boolean }[];
  /** How many containers each image has that has any. */
  containersPerImage(): ReadonlyMap<string, number>;
}
