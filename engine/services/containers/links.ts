/**
 * Links of old between containers of the default bridge: resolved at create, told to the container at
 * its start (variables, /etc/hosts), and kept true when the other container comes back with another
 * address. Source: Docker manual, "Legacy container links"; moby `daemon/links.go`.
 */
import type { HostConfig } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import { replaceHostAddress, type HostEntry } from '../../formats/etc-files.ts';
import { linkVariables, parseLink } from '../../formats/links.ts';
import type { ContainerDefinition } from './container-record.ts';
import { containerOf, type ContainerContext } from './context.ts';
import { lookUpForCreate } from './create-lookup.ts';
import type { LiveContainer } from './live-container.ts';
import { networkOf } from './networks-view.ts';

type Link = NonNullable<ContainerDefinition['links']>[number];

const DEFAULT_NETWORK = 'bridge';

/** Throws `invalid-argument` for a container that is not there or has no network of its own. */
export function resolveLinks(
  { store }: Pick<ContainerContext, 'store'>,
  { Links: links, NetworkMode: mode }: Pick<HostConfig, 'Links' | 'NetworkMode'>,
): Link[] {
  if (mode !== DEFAULT_NETWORK) return []; // other networks have names of their own
  return (links ?? []).map((text) => {
    const { target, alias } = parseLink(text);
    const linked = networkOwnerOf(store, target);
    if (linked.hostConfig.NetworkMode === 'host')
      throw new EngineError(
        'invalid-argument',
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
      );
    return { containerId: linked.id, alias };
  });
}

function networkOwnerOf(store: ContainerContext['store'], name: string): LiveContainer {
  const found = lookUpForCreate(() => store.find(name), `could not get container for ${name}: `);
  const other = containerOf(found.hostConfig.NetworkMode);
  return other === undefined ? found : networkOwnerOf(store, other);
}

/** As inspect shows them: `/db:/web/database`. */
export function linksOf(
  { store }: Pick<ContainerContext, 'store'>,
  container: LiveContainer,
): string[] | null {
  const links = presentLinks(store, container);
  if (links.length === 0) return null;
  return links.map(({ linked, alias }) => `/${linked.name}:/${container.name}/${alias}`);
}

function presentLinks(store: ContainerContext['store'], { definition }: LiveContainer) {
  return (definition.links ?? []).flatMap(({ containerId, alias }) => {
    const linked = store.get(containerId);
    return linked === undefined ? [] : [{ linked, alias }];
  });
}

/** Of a container about to start. Throws `conflict` when a linked one does not run. */
export function linkVariablesOf(
  { store }: Pick<ContainerContext, 'store'>,
  container: LiveContainer,
): string[] {
  return presentLinks(store, container).flatMap((link) =>
    variablesOf(container, link, requireAddress(container, link.linked, link.alias)),
  );
}

/** Of a container that runs, for a further program in it: of those linked ones that run now. */
export function presentLinkVariablesOf(
  { store }: Pick<ContainerContext, 'store'>,
  container: LiveContainer,
): string[] {
  return presentLinks(store, container).flatMap((link) => {
    const address = addressOf(link.linked);
    return address === undefined ? [] : variablesOf(container, link, address);
  });
}

function variablesOf(
  { name }: LiveContainer,
  { linked, alias }: { linked: LiveContainer; alias: string },
  address: string,
): string[] {
  return linkVariables({
    alias,
    ownName: name,
    address,
    environment: linked.config.Env ?? [],
    exposedPorts: Object.keys(linked.config.ExposedPorts ?? {}),
  });
}

/** Its lines of /etc/hosts for those it is linked to. */
export function linkHostsOf(
  { store }: Pick<ContainerContext, 'store'>,
  container: LiveContainer,
): HostEntry[] {
  return presentLinks(store, container).map(({ linked, alias }) => ({
    address: requireAddress(container, linked, alias),
    names: [...[alias, linked.config.Hostname], ...(alias === linked.name ? [] : [linked.name])],
  }));
}

function requireAddress(container: LiveContainer, linked: LiveContainer, alias: string): string {
  if (!linked.running)
    throw new EngineError(
      'internal',
      `Cannot link to a non running container: /${linked.name} AS /${container.name}/${alias}`,
    );
  const address = addressOf(linked);
  if (address !== undefined) return address;
  throw new EngineError(
    'internal',
    `Cannot link to /${linked.name}, as it does not belong to the default network`,
  );
}

function addressOf(container: LiveContainer): string | undefined {
  const network = networkOf(container);
  if (network?.request.network.name !== DEFAULT_NETWORK) return undefined;
  return network.sandbox.endpoint?.ipv4Address;
}

/** After a start: those that link to it learn its new address. */
export function updateLinkingContainers(
  { store, files }: Pick<ContainerContext, 'store' | 'files'>,
  container: LiveContainer,
): void {
  const address = addressOf(container);
  if (address === undefined) return;
  for (const parent of store.all())
    for (const { containerId, alias } of parent.definition.links ?? [])
      if (containerId === container.id && parent.running)
        files.editHosts(parent.id, (text) => replaceHostAddress(text, alias, address));
}

/** `rm --link web/database`. Throws with dockerd's texts. */
export function removeLink({ store }: Pick<ContainerContext, 'store'>, name: string): void {
  const path = name.replace(/^\//, '');
  const slash = path.indexOf('/');
  if (slash === -1) {
    store.find(name);
    throw new EngineError(
      'internal',
      'Conflict, cannot remove the default link name of the container',
    );
  }
  const [parentName, alias] = [path.slice(0, slash), path.slice(slash + 1)];
  const parent = store.all().find((it) => it.name === parentName);
  const links = parent?.definition.links ?? [];
  if (parent === undefined || !links.some((link) => link.alias === alias))
    throw new EngineError('not-found', `No such container: ${name}`);
  store.redefine(parent, { links: links.filter((link) => link.alias !== alias) });
}
