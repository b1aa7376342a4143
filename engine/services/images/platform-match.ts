/**
 * Whether an image here is for the platform that somebody asks for. A name stands for one image, of
 * one platform, so one for another platform is as good as not there; but it is told what is.
 * Source: moby `daemon/images/image.go`, GetImage.
 */
import { EngineError } from '../../contract/errors.ts';
import type { OciPlatform } from '../../contract/image-manifests.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../formats/platform.ts';
import type { ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';

/** The image of that name; throws `not-found` also when it is for another platform. */
export function findForPlatform(
  images: ImageStore,
  name: string,
  wanted: Platform | undefined,
): ImageRecord {
  const record = images.find(name);
  const mismatch = wanted && platformMismatch(record, wanted, name);
  if (mismatch) throw mismatch;
  return record;
}

/** What is to be said of an image for another platform than wanted; undefined when it suits. */
export function platformMismatch(
  record: ImageRecord,
  wanted: Platform,
  name: string,
): EngineError | undefined {
  const actual = platformOf(record);
  const hasVariant = !wanted.variant || !actual.variant || actual.variant === wanted.variant;
  if (actual.architecture === '' || (isSamePlatform(actual, wanted) && hasVariant))
    return undefined;
  return new EngineError(
    'not-found',
    `image with reference ${name} was found but does not match the specified platform: ` +
      `wanted ${formatPlatform(wanted)}, actual: ${formatPlatform(actual)}`,
  );
}

export function platformOf({ os, architecture, variant }: ImageRecord): Platform {
  return { os: os || 'linux', architecture, ...(variant && { variant }) };
}

/** As clients see it: the fields of an OCI platform that are there, in its order. */
export function shownPlatform(platform: Platform): OciPlatform {
  const { architecture, os, variant, 'os.version': version, 'os.features': features } = platform;
  return {
    architecture,
    os,
    ...(version && { 'os.version': version }),
    ...(features && { 'os.features': [...features] }),
    ...(variant && { variant }),
  };
}
