/**
 * Every view has an address in the hash, so that it can be linked, reloaded and gone back to.
 * `parseRoute` and `formatRoute` are inverse for every route; an address nobody knows leads to the
 * containers.
 */
import { useSyncExternalStore } from 'react';

export const CONTAINER_TABS = ['logs', 'terminal', 'inspect'] as const;
export type ContainerTab = (typeof CONTAINER_TABS)[number];
export const IMAGE_TABS = ['overview', 'layers', 'inspect'] as const;
export type ImageTab = (typeof IMAGE_TABS)[number];

export type Route =
  | { view: 'containers'; id?: string; tab?: ContainerTab; full?: boolean }
  | { view: 'run'; image?: string }
  | { view: 'images'; reference?: string; tab?: ImageTab; full?: boolean }
  | { view: 'activity' }
  | { view: 'engine' }
  | { view: 'settings' };

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [view, subject, tab] = path.split('/').map(decode);
  const parameters = new URLSearchParams(query);
  const full = parameters.has('full') ? { full: true } : {};
  switch (view) {
    case 'run': {
      const image = parameters.get('image');
      return { view: 'run', ...(image ? { image } : {}) };
    }
    case 'images':
      return {
        view: 'images',
        ...(subject ? { reference: subject, ...oneOf('tab', IMAGE_TABS, tab), ...full } : {}),
      };
    case 'activity':
    case 'engine':
    case 'settings':
      return { view };
    default:
      return {
        view: 'containers',
        ...(view === 'containers' && subject
          ? { id: subject, ...oneOf('tab', CONTAINER_TABS, tab), ...full }
          : {}),
      };
  }
}

export function formatRoute(route: Route): string {
  switch (route.view) {
    case 'run':
      return route.image ? `#/run?image=${encodeURIComponent(route.image)}` : '#/run';
    case 'containers':
      return `#/containers${tail(route.id, route.tab, route.full)}`;
    case 'images':
      return `#/images${tail(route.reference, route.tab, route.full)}`;
    default:
      return `#/${route.view}`;
  }
}

function tail(subject?: string, tab?: string, full?: boolean): string {
  if (!subject) return '';
  return `/${encodeURIComponent(subject)}${tab ? `/${tab}` : ''}${full ? '?full' : ''}`;
}

function oneOf<K extends string, T extends string>(key: K, allowed: readonly T[], value?: string) {
  const found = allowed.find((each) => each === value);
  return (found ? { [key]: found } : {}) as { [key in K]?: T };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** `replace` leaves no step in the history: for what follows a cursor rather than a decision. */
export function navigate(route: Route, { replace = false } = {}): void {
  const hash = formatRoute(route);
  if (hash === window.location.hash) return;
  if (!replace) {
    window.location.hash = hash;
    return;
  }
  window.history.replaceState(null, '', hash);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

export function currentRoute(): Route {
  return parseRoute(window.location.hash);
}

let last: { hash: string; route: Route } | null = null;

function snapshot(): Route {
  const { hash } = window.location;
  if (last?.hash !== hash) last = { hash, route: parseRoute(hash) };
  return last.route;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, snapshot);
}
