/** Routes of plugins, of which there are none. Source: moby `plugin/{backend_linux,errors}.go`. */
import { EngineError } from '../contract/errors.ts';
import type { PLUGIN_ROUTES } from '../contract/plugins.ts';
import type { Filters } from '../contract/route.ts';
import type { Handlers } from './handler.ts';

export function pluginHandlers(): Handlers<typeof PLUGIN_ROUTES> {
  return {
    pluginList: ({ query }) => {
      checkFilters(query.filters);
      return [];
    },
    pluginPrivileges: refusePlugins,
    pluginPull: refusePlugins,
    pluginCreate: refusePlugins,
    pluginInspect: notFound,
    pluginDelete: notFound,
    pluginEnable: notFound,
    pluginDisable: notFound,
    pluginUpgrade: notFound,
    pluginPush: notFound,
    pluginSet: notFound,
  };
}

function checkFilters(filters: Filters): void {
  for (const key of filters.keys())
    if (key !== 'enabled' && key !== 'capability')
      throw new EngineError('invalid-argument', `invalid filter '${key}'`);
  const enabled = filters.get('enabled') ?? [];
  if (enabled.length > 0 && !enabled.includes('true') && !enabled.includes('false'))
    throw new EngineError('invalid-argument', `Invalid filter 'enabled=[${enabled.join(' ')}]'`);
}

function notFound({ params }: { params: Readonly<Record<string, string>> }): never {
  throw new EngineError('not-found', `plugin "${params['name']}" not found`);
}

function refusePlugins(): never {
  throw new EngineError(
    'not-implemented',
    'plugins are not supported: volumes, networks and logs have the drivers that the engine brings along',
  );
}
