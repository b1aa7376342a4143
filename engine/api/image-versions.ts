/** Images as older clients expect to see them. Source: Docker Engine API version history. */
import { platformQuery } from '../contract/image-manifests.ts';
import { EngineError } from '../contract/errors.ts';
import type { ImageInspect } from '../contract/images.ts';
import type { ImageSummary } from '../contract/summaries.ts';
import type { Platform } from '../formats/platform.ts';

/** The minor version each change came with. */
const EMPTY_NAMES = 43;
const NO_VIRTUAL_SIZE = 44;
const NO_BUILD_CONTAINER = 45;
const DESCRIPTORS = 48;
const OCI_CONFIG = 50;

/** A line of the list; those without a name had `<none>` for one. */
export function summaryFor(apiVersion: number, summary: ImageSummary): ImageSummary {
  if (apiVersion >= DESCRIPTORS) return summary;
  const { Descriptor: _, ...rest } = summary;
  const isNameless = rest.RepoTags.length === 0 && rest.RepoDigests.length === 0;
  return {
    ...rest,
    ...(apiVersion < EMPTY_NAMES &&
      isNameless && { RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] }),
    ...(apiVersion < NO_VIRTUAL_SIZE && { VirtualSize: rest.Size }),
  };
}

/** What images once carried of a container's configuration, at its defaults. */
const CONTAINER_DEFAULTS = {
  Hostname: '',
  Domainname: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Image: '',
};

export function inspectFor(apiVersion: number, found: ImageInspect): ImageInspect {
  if (apiVersion >= OCI_CONFIG) return found;
  const { Descriptor, ...rest } = found;
  return {
    ...rest,
    Config: { ...CONTAINER_DEFAULTS, ...rest.Config },
    ...(apiVersion >= DESCRIPTORS && Descriptor && { Descriptor }),
    ...(apiVersion < NO_VIRTUAL_SIZE && {
      VirtualSize: rest.Size,
      Created: rest.Created ?? '0001-01-01T00:00:00Z',
    }),
    ...(apiVersion < NO_BUILD_CONTAINER && {
      Container: '',
      ContainerConfig: { ...CONTAINER_DEFAULTS, ...NO_RUN_CONFIG },
    }),
  };
}

const NO_RUN_CONFIG = {
  User: '',
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

/** `platform=` as JSON; undefined for none. Throws `invalid-argument`. */
export function parsePlatformQuery(text: string): Platform | undefined {
  if (text === '') return undefined;
  try {
    return platformQuery.parse(JSON.parse(text));
  } catch (cause) {
    throw new EngineError('invalid-argument', 'failed to parse platform', { cause });
  }
}
