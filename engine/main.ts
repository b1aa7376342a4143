/**
 * gantryd. The composition root: config → objects → routes → listen, top to bottom. SIGTERM and
 * SIGINT end the engine; containers go on running without it.
 */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { bind } from './api/handler.ts';
import { ApiServer } from './api/server.ts';
import { systemHandlers } from './api/system.ts';
import { readConfig } from './config.ts';
import { SYSTEM_ROUTES } from './contract/system.ts';
import { messageOf } from './contract/errors.ts';
import { SqliteState } from './drivers/state/sqlite.ts';
import { prepareCgroups } from './host/cgroups.ts';
import { systemClock as clock } from './host/clock.ts';
import { listen } from './host/listen.ts';
import { Log } from './host/log.ts';
import { readMachine } from './host/machine.ts';
import { claimRoots } from './host/roots.ts';
import { EventBus } from './services/events/event-bus.ts';
import { SystemService } from './services/system/system-service.ts';

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2), process.env);
  const log = new Log(config.logLevel);
  const machine = readMachine();
  const roots = claimRoots(config.dataRoot, config.execRoot, config.pidFile);
  const cgroups = prepareCgroups();
  const state = new SqliteState(join(config.dataRoot, 'state.db'));
  const identity = state.records<string>('identity');
  const engineId = identity.get('engine') ?? randomBytes(16).toString('hex');
  identity.put('engine', engineId);
  const events = new EventBus(clock);

  const system = new SystemService({
    config,
    machine,
    cgroups,
    engineId,
    instance: randomBytes(8).toString('hex'),
    clock,
    runtimes: () => ({}),
    defaultRuntime: () => 'crun',
    monitorVersion: () => '',
    counts: () => ({ running: 0, paused: 0, stopped: 0, images: 0 }),
  });

  const api = new ApiServer(
    [...bind(SYSTEM_ROUTES, systemHandlers(system, events, clock))],
    (message, error) => log.error(message, error),
  );
  const servers: Server[] = [];
  for (const host of config.hosts) {
    const tls = host.startsWith('tcp://') && config.tlsVerify ? readTls(config) : undefined;
    const server = api.createHttpServer(tls);
    await listen(server, host, config.group);
    servers.push(server);
    log.info(`listening on ${host}`);
  }

  const stop = (signal: string) => {
    log.info(`${signal}: stopping; containers go on`);
    for (const server of servers) server.close();
    state.close();
    roots.release();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function readTls(config: { tlsCaCert: string; tlsCert: string; tlsKey: string }) {
  return {
    ca: readFileSync(config.tlsCaCert),
    cert: readFileSync(config.tlsCert),
    key: readFileSync(config.tlsKey),
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`gantryd: ${messageOf(error)}\n`);
  process.exit(1);
});
