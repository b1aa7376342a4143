/**
 * The state of the run form. Ports come from what the image exposes until a person has touched them.
 */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { ImageDetail, ImageSummary } from '../../../../electron/ipc/contract.ts';
import { useBridge } from '../../../bridge/bridge-context.tsx';
import { imageDetailQuery } from '../../images/queries.ts';
import { tagsOf } from '../../images/rows.ts';
import { useImages } from '../../images/store.ts';
import { isAlive, publishedPorts } from '../state.ts';
import { useContainers } from '../store.ts';
import { suggestHostPort, type PortField, type RunFields } from './run-line.ts';

let nextKey = 1;

/** Rows of the form keep their identity while others come and go. */
export function rowKey(): number {
  nextKey += 1;
  return nextKey;
}

export function useRunFields(image: string) {
  const [typed, setTyped] = useState<Omit<RunFields, 'ports'>>(() => ({
    image,
    name: '',
    command: '',
    environment: [],
    mounts: [],
    tty: false,
    removeOnExit: false,
  }));
  const [typedPorts, setTypedPorts] = useState<readonly PortField[] | null>(null);
  const defaults = useImageDefaults(typed.image);
  const suggested = useMemo(() => (defaults ? suggestedPorts(defaults) : []), [defaults]);
  const isLocal = useImages((state) => findImage(state.byId, typed.image) !== undefined);
  const fields: RunFields = { ...typed, ports: typedPorts ?? suggested };
  const change = ({ ports, ...patch }: Partial<RunFields>) => {
    if (ports) setTypedPorts(ports);
    setTyped((now) => ({ ...now, ...patch }));
  };
  return { fields, change, isLocal };
}

/** What the image itself says; undefined while it is not on this machine. */
export function useImageDefaults(reference: string): ImageDetail | undefined {
  const bridge = useBridge();
  const id = useImages((state) => findImage(state.byId, reference)?.Id);
  const { data } = useQuery({ ...imageDetailQuery(bridge, id ?? ''), enabled: id !== undefined });
  return data;
}

/** `nginx` means `nginx:latest`, an ID may be short, as the engine reads them. */
function findImage(
  byId: ReadonlyMap<string, ImageSummary>,
  reference: string,
): ImageSummary | undefined {
  const wanted = reference.trim();
  if (wanted === '') return undefined;
  const exact = byId.get(wanted);
  if (exact) return exact;
  const hasTag = wanted.lastIndexOf(':') > wanted.lastIndexOf('/') || wanted.includes('@');
  const tag = (hasTag ? wanted : `${wanted}:latest`).replace(/^docker\.io\/(library\/)?/, '');
  const isId = /^[0-9a-f]{12,64}$/.test(wanted);
  return [...byId.values()].find(
    (image) =>
      tagsOf(image).includes(tag) ||
      image.RepoDigests.includes(wanted) ||
      (isId && image.Id.startsWith(`sha256:${wanted}`)),
  );
}

function suggestedPorts(defaults: ImageDetail): PortField[] {
  const taken = new Set(
    [...useContainers.getState().byId.values()]
      .filter(isAlive)
      .flatMap(publishedPorts)
      .map((port) => port.hostPort),
  );
  return defaults.exposedPorts.flatMap((exposed) => {
    const [port = '', protocol = 'tcp'] = exposed.split('/');
    if (protocol !== 'tcp' && protocol !== 'udp') return [];
    const hostPort = suggestHostPort(Number(port), taken);
    taken.add(hostPort);
    return [
      {
        key: rowKey(),
        hostAddress: '127.0.0.1',
        hostPort: String(hostPort),
        containerPort: port,
        protocol,
      },
    ];
  });
}
