/**
 * `--mount`. Pure. Source: Docker Engine API v1.50, Mount; moby `volume/mounts/linux_parser.go`,
 * validateMountConfigImpl.
 */
import type { MountRequest } from '../contract/containers.ts';
import { EngineError, messageOf } from '../contract/errors.ts';
import { isPropagation } from './bind-spec.ts';
import { checkDestination, isLocalPath, requireAbsolute } from './mount-paths.ts';
import type { MountSpec } from './mount-spec.ts';
import { tmpfsRequestOptions } from './tmpfs-options.ts';
import { checkVolumeName } from './volume-name.ts';

/** Throws `invalid-argument` with Docker's texts. */
export function parseMountRequest(request: MountRequest): MountSpec {
  const spec = explained(request.Type, () => parse(request));
  if (spec.type === 'volume' && spec.source !== '') checkVolumeName(spec.source);
  return spec;
}

function explained(type: string, work: () => MountSpec): MountSpec {
  try {
    return work();
  } catch (error) {
    throw invalid(`invalid mount config for type "${type}": ${messageOf(error)}`);
  }
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}

function missing(field: string): EngineError {
  return invalid(`field ${field} must not be empty`);
}

type OptionField = 'BindOptions' | 'VolumeOptions' | 'ImageOptions' | 'TmpfsOptions';

function refuseFields(request: MountRequest, fields: readonly OptionField[]): void {
  for (const field of fields)
    if (request[field] !== undefined) throw invalid(`field ${field} must not be specified`);
}

function parse(request: MountRequest): MountSpec {
  const { Type: type, Source: source = '', Target: target } = request;
  if (target === '') throw missing('Target');
  const base = {
    source,
    destination: checkDestination(target),
    readOnly: request.ReadOnly ?? false,
    propagation: '',
    mode: '',
    createSource: false,
    noCopy: false,
    subpath: '',
    nonRecursive: false,
    tmpfsOptions: [],
    isMountRequest: true,
  };
  switch (type) {
    case 'bind':
      return bindMount(request, base);
    case 'volume':
      return volumeMount(request, base);
    case 'image':
      return imageMount(request, base);
    case 'tmpfs':
      refuseFields(request, ['BindOptions', 'ImageOptions']);
      if (source !== '') throw invalid('field Source must not be specified');
      return {
        ...base,
        type,
        tmpfsOptions: tmpfsRequestOptions(request.TmpfsOptions, base.readOnly),
      };
    default:
      throw invalid('mount type unknown');
  }
}

type Base = Omit<MountSpec, 'type'>;

function bindMount(request: MountRequest, base: Base): MountSpec {
  const { BindOptions: options } = request;
  if (base.source === '') throw missing('Source');
  const propagation = options?.Propagation ?? '';
  if (propagation !== '' && !isPropagation(propagation))
    throw invalid(`invalid propagation mode: ${propagation}`);
  refuseFields(request, ['VolumeOptions', 'ImageOptions']);
  const { ReadOnlyNonRecursive: isShallow, ReadOnlyForceRecursive: isForced } = options ?? {};
  const conflict = (what: string) => invalid(`mount options conflict: ${what}`);
  if (!base.readOnly && isShallow) throw conflict('!ReadOnly && BindOptions.ReadOnlyNonRecursive');
  if (!base.readOnly && isForced) throw conflict('!ReadOnly && BindOptions.ReadOnlyForceRecursive');
  if (isShallow && isForced)
    throw conflict('ReadOnlyNonRecursive && BindOptions.ReadOnlyForceRecursive');
  return {
    ...base,
    type: 'bind',
    source: requireAbsolute(base.source),
    propagation,
    createSource: options?.CreateMountpoint ?? false,
    nonRecursive: options?.NonRecursive ?? false,
    ...(isShallow && { readOnlyNonRecursive: true }),
    ...(isForced && { readOnlyForceRecursive: true }),
  };
}

/** Whatever the request says, nobody writes to it. */
function imageMount(request: MountRequest, base: Base): MountSpec {
  refuseFields(request, ['BindOptions', 'VolumeOptions']);
  if (base.source === '') throw missing('Source');
  return {
    ...base,
    type: 'image',
    readOnly: true,
    propagation: 'rprivate',
    subpath: checkSubpath(request.ImageOptions?.Subpath ?? ''),
  };
}

function checkSubpath(subpath: string): string {
  if (subpath !== '' && !isLocalPath(subpath))
    throw invalid('subpath must be a relative path within the volume');
  return subpath;
}

function volumeMount(request: MountRequest, base: Base): MountSpec {
  refuseFields(request, ['BindOptions', 'ImageOptions']);
  const { VolumeOptions: options } = request;
  const isAnonymous = base.source === '';
  const subpath = options?.Subpath ?? '';
  if (subpath !== '' && isAnonymous)
    throw invalid('must not set Subpath when using anonymous volumes');
  if (base.readOnly && isAnonymous)
    throw invalid('must not set ReadOnly mode when using anonymous volumes');
  return {
    ...base,
    type: 'volume',
    mode: 'z',
    noCopy: options?.NoCopy ?? false,
    subpath: checkSubpath(subpath),
    ...(options?.Labels && { volumeLabels: options.Labels }),
    ...(options?.DriverConfig?.Name && { volumeDriver: options.DriverConfig.Name }),
    ...(options?.DriverConfig?.Options && { volumeDriverOptions: options.DriverConfig.Options }),
  };
}
