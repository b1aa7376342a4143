/**
 * `docker commit`. A container that runs is frozen while its layer is read, and no longer; an engine
 * that dies in between lets it go on at its next start.
 */
import type { ContainerConfig } from '../../contract/containers.ts';
import type { Digest } from '../../formats/digest.ts';
import type { ImageRunConfigJson } from '../../formats/image-config.ts';
import { familiarString, type Reference } from '../../formats/reference.ts';
import { applyChanges } from '../images/import-changes.ts';
import type { ImageRunConfig } from '../images/image.ts';
import { requirePresent } from './contents.ts';
import { publish, type ContainerContext } from './context.ts';
import { mergeConfig } from './create-config.ts';
import type { LiveContainer } from './live-container.ts';

export interface CommitRequest {
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  readonly author: string;
  readonly comment: string;
  readonly pauses: boolean;
  /** Over the container's own configuration; undefined is that as it is. */
  readonly config: ContainerConfig | undefined;
  /** With a tag. */
  readonly reference: Reference | undefined;
}

/** Returns the new image's id. */
export async function commitContainer(
  context: ContainerContext,
  container: LiveContainer,
  request: CommitRequest,
  signal: AbortSignal,
): Promise<Digest> {
  requirePresent(container, 'commit');
  const { imageId, layers } = container.definition;
  const runConfig = runConfigOf(container.config, request);
  await context.images.ensureUnpacked({ id: imageId, diffIds: layers });
  const layer = context.snapshotter.writableOf(container.id, layers);
  const archive = context.containerFiles.layerOf(layer, signal);
  const { author, comment, reference } = request;
  const id = await context.images.commit(
    {
      parent: imageId,
      layer: request.pauses ? whileFrozen(context, container, archive) : archive,
      runConfig,
      author,
      comment,
      createdBy: (container.config.Cmd ?? []).join(' '),
      reference,
    },
    signal,
  );
  const imageRef = reference === undefined ? '' : familiarString(reference);
  publish(context, container, 'commit', { comment, imageID: id, imageRef });
  return id;
}

/** The container's processes stand still from the first piece to the last. */
async function* whileFrozen(
  context: ContainerContext,
  container: LiveContainer,
  archive: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const { store, runtimes } = context;
  await container.exclusively(async () => {
    if (container.state.status !== 'running') return;
    // Noted first: an engine that dies in between leaves it frozen, and the next has to know why.
    store.setState(container, { isFrozenForCommit: true });
    try {
      await runtimes.find(container.state.runtime ?? '').pause(container.id);
    } catch (error) {
      store.setState(container, { isFrozenForCommit: false });
      throw error;
    }
    store.setState(container, { status: 'paused' });
    publish(context, container, 'pause');
  });
  try {
    yield* archive;
  } finally {
    await container.exclusively(() => thaw(context, container));
  }
}

/** For the caller who holds the lock: lets a container go on that a commit froze. */
export async function thaw(
  context: Pick<ContainerContext, 'store' | 'runtimes' | 'events'>,
  container: LiveContainer,
): Promise<void> {
  const { status, isFrozenForCommit = false, runtime } = container.state;
  if (!isFrozenForCommit) return;
  if (status !== 'paused') {
    context.store.setState(container, { isFrozenForCommit: false });
    return;
  }
  await context.runtimes.find(runtime ?? '').resume(container.id);
  context.store.setState(container, { status: 'running', isFrozenForCommit: false });
  publish(context, container, 'unpause');
}

/** What of a container's configuration an image carries, with the changes applied. */
function runConfigOf(own: ContainerConfig, request: CommitRequest): ImageRunConfigJson {
  const base = request.config ?? own;
  const changed = applyChanges(base as ImageRunConfigJson, request.changes);
  const merged = mergeConfig({ ...base, ...changed } as ContainerConfig, own as ImageRunConfig);
  const carried: ImageRunConfigJson = {
    User: merged.User,
    ExposedPorts: merged.ExposedPorts,
    Env: merged.Env,
    Entrypoint: merged.Entrypoint,
    Cmd: merged.Cmd,
    Volumes: merged.Volumes,
    WorkingDir: merged.WorkingDir,
    Labels: merged.Labels,
    StopSignal: merged.StopSignal,
    Shell: merged.Shell,
    Healthcheck: merged.Healthcheck,
    OnBuild: merged.OnBuild,
  };
  return Object.fromEntries(
    Object.entries(carried).filter(
      ([, value]) => value !== null && value !== undefined && value !== '',
    ),
  );
}
