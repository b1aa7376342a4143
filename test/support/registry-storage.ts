/**
 * The folder a docker-registry serves from. Images are written into it as files, so a test needs no
 * daemon and no way into the registry's network namespace; the registry checks digests when serving.
 * Source: distribution, registry/storage/paths.go (the layout under `docker/registry/v2`).
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  buildImage,
  buildManifestList,
  type Blob,
  type ImageLayout,
  type ImageSpec,
} from './image-layout.ts';

export interface PushedImage extends ImageLayout {
  /** As the registry answers it in `Docker-Content-Digest`. */
  readonly digest: string;
}

export class RegistryStorage {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Takes over everything another storage holds. */
  copyFrom(other: string): void {
    cpSync(other, this.folder, { recursive: true });
  }

  /** `library/busybox:latest`: the repository as the registry knows it, and a tag (default latest). */
  pushImage(name: string, spec: ImageSpec): PushedImage {
    const image = buildImage(spec);
    this.pushLayout(name, image);
    return { ...image, digest: image.manifest.digest };
  }

  /** Pushes one image per platform and a manifest list over them under the tag. */
  pushManifestList(
    name: string,
    specs: readonly ImageSpec[],
    format: 'docker' | 'oci' = 'docker',
  ): { readonly digest: string; readonly images: readonly ImageLayout[] } {
    const images = specs.map((spec) => buildImage({ format, ...spec }));
    const { repository, tag } = splitName(name);
    for (const image of images) this.pushLayout(`${repository}:${tag}`, image, { tagged: false });
    const list = buildManifestList(images, format);
    this.writeManifest(repository, list, tag);
    return { digest: list.digest, images };
  }

  /** A blob under any digest, so that a test can also serve bytes that do not match theirs. */
  writeBlob({ digest, bytes }: Blob): void {
    const hex = digest.slice('sha256:'.length);
    write(this.path('blobs/sha256', hex.slice(0, 2), hex, 'data'), bytes);
  }

  private pushLayout(name: string, image: ImageLayout, { tagged } = { tagged: true }): void {
    const { repository, tag } = splitName(name);
    for (const blob of [image.config, ...image.layers]) {
      this.writeBlob(blob);
      this.link(repository, '_layers', blob.digest);
    }
    this.writeManifest(repository, image.manifest, tagged ? tag : undefined);
  }

  private writeManifest(repository: string, manifest: Blob, tag?: string): void {
    this.writeBlob(manifest);
    this.link(repository, '_manifests/revisions', manifest.digest);
    if (tag === undefined) return;
    this.link(repository, `_manifests/tags/${tag}/index`, manifest.digest);
    write(
      this.path('repositories', repository, '_manifests/tags', tag, 'current/link'),
      manifest.digest,
    );
  }

  private link(repository: string, place: string, digest: string): void {
    const hex = digest.slice('sha256:'.length);
    write(this.path('repositories', repository, place, 'sha256', hex, 'link'), digest);
  }

  private path(...parts: string[]): string {
    return join(this.folder, 'docker/registry/v2', ...parts);
  }
}

function splitName(name: string): { repository: string; tag: string } {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/')
    ? { repository: name.slice(0, colon), tag: name.slice(colon + 1) }
    : { repository: name, tag: 'latest' };
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
