/**
 * Plugins, which this engine does not run: there are none, and none can be installed. Pure.
 * Source: Docker Engine API v1.50, tag "Plugin".
 */
import * as z from 'zod';
import { queryFilters, route, type Method } from './route.ts';

const ofAbsent = (method: Method, path: string) =>
  route({ method, path, summary: 'There is no plugin to find: always 404' });
const install = (method: Method, path: string) =>
  route({ method, path, summary: 'Plugins are not supported: always 501' });

export const PLUGIN_ROUTES = {
  pluginList: route({
    method: 'GET',
    path: '/plugins',
    summary: 'Plugins: none',
    query: z.object({ filters: queryFilters }),
    result: z.array(z.never()),
  }),
  pluginPrivileges: install('GET', '/plugins/privileges'),
  pluginPull: install('POST', '/plugins/pull'),
  pluginCreate: install('POST', '/plugins/create'),
  pluginInspect: ofAbsent('GET', '/plugins/{name*}/json'),
  pluginDelete: ofAbsent('DELETE', '/plugins/{name*}'),
  pluginEnable: ofAbsent('POST', '/plugins/{name*}/enable'),
  pluginDisable: ofAbsent('POST', '/plugins/{name*}/disable'),
  pluginUpgrade: ofAbsent('POST', '/plugins/{name*}/upgrade'),
  pluginPush: ofAbsent('POST', '/plugins/{name*}/push'),
  pluginSet: ofAbsent('POST', '/plugins/{name*}/set'),
} as const;
