import { expect, test } from 'vitest';
import { formatRoute, parseRoute, type Route } from './router.ts';

const ROUTES: Route[] = [
  { view: 'containers' },
  { view: 'containers', id: '3f9c1b7a2e04' },
  { view: 'containers', id: '3f9c1b7a2e04', tab: 'terminal', full: true },
  { view: 'images' },
  { view: 'images', reference: 'ghcr.io/a/b:v1%', tab: 'layers' },
  { view: 'images', reference: 'sha256:abc', full: true },
  { view: 'run' },
  { view: 'run', image: 'localhost:5000/web?x&y:1' },
  { view: 'activity' },
  { view: 'engine' },
  { view: 'settings' },
];

test.each(ROUTES)('parseRoute() reads back what formatRoute() wrote: %o', (route) => {
  expect(parseRoute(formatRoute(route))).toEqual(route);
});

test.each(['', '#', '#/', '#/nowhere/at/all', '#garbage?full'])(
  'parseRoute() leads %o to the containers',
  (hash) => {
    expect(parseRoute(hash)).toEqual({ view: 'containers' });
  },
);

test('parseRoute() forgets a tab it does not know and survives a broken escape', () => {
  expect(parseRoute('#/containers/abc/stats')).toEqual({ view: 'containers', id: 'abc' });
  expect(parseRoute('#/images/%E0%A4%A')).toEqual({ view: 'images', reference: '%E0%A4%A' });
});
