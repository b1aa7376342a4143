/**
 * `docker system df`: what takes up disk. Counting walks directories, so what several clients ask at
 * the same time is counted once.
 */
import type { ContainerSummary, ImageSummary } from '../../contract/summaries.ts';
import type { DiskObject } from '../../contract/disk-usage.ts';
import type { VolumeView } from '../volumes/volume-service.ts';

/** Volumes counted at a time: each takes a program. */
const COUNTS_AT_A_TIME = 4;

export interface DiskSources {
  /** Every image with its shared size and containers. */
  readonly images: () => ImageSummary[];
  /** Bytes in the layers of all images, each layer once. */
  readonly layerBytes: () => number;
  /** Every container with its sizes. */
  readonly containers: () => Promise<ContainerSummary[]>;
  readonly volumes: {
    list(): VolumeView[];
    sizeBytes(name: string): Promise<number>;
  };
  /** Containers that mount a volume. */
  readonly volumeUsers: (name: string) => readonly string[];
}

export interface SizedVolume {
  readonly volume: VolumeView;
  readonly sizeBytes: number;
  readonly userCount: number;
}

export interface CountedDisk {
  readonly layerBytes: number;
  readonly images: ImageSummary[] | undefined;
  readonly containers: ContainerSummary[] | undefined;
  readonly volumes: SizedVolume[] | undefined;
}

export class DiskUsageService {
  private readonly sources: DiskSources;
  private containers: Promise<ContainerSummary[]> | undefined;
  private volumes: Promise<SizedVolume[]> | undefined;

  constructor(sources: DiskSources) {
    this.sources = sources;
  }

  async count(objects: ReadonlySet<DiskObject>): Promise<CountedDisk> {
    const [containers, volumes] = await Promise.all([
      objects.has('container') ? this.countContainers() : undefined,
      objects.has('volume') ? this.countVolumes() : undefined,
    ]);
    const hasImages = objects.has('image');
    return {
      layerBytes: hasImages ? this.sources.layerBytes() : 0,
      images: hasImages ? this.sources.images() : undefined,
      containers,
      volumes,
    };
  }

  private countContainers(): Promise<ContainerSummary[]> {
    this.containers ??= this.sources.containers().finally(() => (this.containers = undefined));
    return this.containers;
  }

  private countVolumes(): Promise<SizedVolume[]> {
    this.volumes ??= this.sizeVolumes().finally(() => (this.volumes = undefined));
    return this.volumes;
  }

  private async sizeVolumes(): Promise<SizedVolume[]> {
    const sized: SizedVolume[] = [];
    const waiting = this.sources.volumes.list();
    const countNext = async (): Promise<void> => {
      for (let volume = waiting.shift(); volume !== undefined; volume = waiting.shift()) {
        // One that is removed meanwhile has no size any more.
        const sizeBytes = await this.sources.volumes.sizeBytes(volume.name).catch(() => undefined);
        if (sizeBytes === undefined) continue;
        sized.push({ volume, sizeBytes, userCount: this.sources.volumeUsers(volume.name).length });
      }
    };
    await Promise.all(Array.from({ length: COUNTS_AT_A_TIME }, countNext));
    return sized.toSorted((a, b) => (a.volume.name < b.volume.name ? -1 : 1));
  }
}
