import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NETWORK_ROUTES } from '../contract/networks.ts';
import { VOLUME_ROUTES } from '../contract/volumes.ts';
import { SqliteState } from '../drivers/state/sqlite.ts';
import { LocalVolumeStore } from '../drivers/volumes/local.ts';
import { systemClock } from '../host/clock.ts';
import { EventBus } from '../services/events/event-bus.ts';
import { NetworkService } from '../services/networks/network-service.ts';
import { VolumeService } from '../services/volumes/volume-service.ts';
import { bind } from './handler.ts';
import { networkHandlers } from './networks.ts';
import { ApiServer } from './server.ts';
import { volumeHandlers } from './volumes.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-api-'));
const socketPath = join(folder, 'api.sock');
const state = new SqliteState(':memory:');
let server: Server;

beforeAll(async () => {
  const volumes = new VolumeService({
    store: new LocalVolumeStore(folder),
    state,
    events: new EventBus(systemClock),
    clock: systemClock,
    users: (name) => (name === 'used' ? ['abc'] : []),
  });
  const networks = new NetworkService({
    engineId: 'engine',
    bridge: { bridgeName: 'gantry0', subnet: '172.17.0.0/16', gateway: '172.17.0.1', mtu: 1500 },
    createdAt: '2026-11-20T09:00:00.000000000Z',
    members: () => [{ containerId: 'abc', containerName: 'web', endpoint: ENDPOINT }],
  });
  const routes = [
    ...bind(VOLUME_ROUTES, volumeHandlers(volumes)),
    ...bind(NETWORK_ROUTES, networkHandlers(networks)),
  ];
  server = new ApiServer(routes, () => {}).createHttpServer().listen(socketPath);
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
  state.close();
  rmSync(folder, { recursive: true });
});

const ENDPOINT = {
  networkId: 'x',
  networkName: 'bridge',
  endpointId: 'e'.repeat(64),
  ipv4Address: '172.17.0.2',
  prefixLength: 16,
  gateway: '172.17.0.1',
  macAddress: '02:42:ac:11:00:02',
};

async function ask(method: string, path: string, body?: object) {
  const call = request({ socketPath, method, path: `/v1.50${path}`, agent: false });
  if (body) call.setHeader('Content-Type', 'application/json').write(JSON.stringify(body));
  call.end();
  const [response] = await once(call, 'response');
  const answer = response.statusCode === 204 ? response.resume() && null : await json(response);
  return { status: response.statusCode as number, answer };
}

test('POST /volumes/create answers 201 with the volume, also without a body', async () => {
  expect(await ask('POST', '/volumes/create', { Name: 'data', Labels: { a: 'b' } })).toEqual({
    status: 201,
    answer: {
      CreatedAt: expect.stringMatching(/^\d{4}-/),
      Driver: 'local',
      Labels: { a: 'b' },
      Mountpoint: join(folder, 'volumes/data/_data'),
      Name: 'data',
      Options: null,
      Scope: 'local',
    },
  });
  expect(await ask('POST', '/volumes/create')).toMatchObject({ status: 201 });
});

test('GET and DELETE /volumes/{name} speak as Docker does', async () => {
  await ask('POST', '/volumes/create', { Name: 'used' });
  await ask('POST', '/volumes/create', { Name: 'free' });
  expect(await ask('DELETE', '/volumes/used')).toEqual({
    status: 409,
    answer: { message: 'remove used: volume is in use - [abc]' },
  });
  expect((await ask('DELETE', '/volumes/free')).status).toBe(204);
  expect(await ask('GET', '/volumes/free')).toEqual({
    status: 404,
    answer: { message: 'get free: no such volume' },
  });
  expect((await ask('DELETE', '/volumes/free?force=1')).status).toBe(204);
  const filters = encodeURIComponent(JSON.stringify({ dangling: { false: true } }));
  expect(await ask('GET', `/volumes?filters=${filters}`)).toMatchObject({
    answer: { Volumes: [{ Name: 'used' }], Warnings: null },
  });
});

test('GET /networks/bridge shows the subnet, the bridge and the containers on it', async () => {
  expect((await ask('GET', '/networks/bridge')).answer).toMatchObject({
    Name: 'bridge',
    IPAM: { Config: [{ Subnet: '172.17.0.0/16', Gateway: '172.17.0.1' }] },
    Containers: { abc: { Name: 'web', IPv4Address: '172.17.0.2/16', IPv6Address: '' } },
    Options: { 'com.docker.network.bridge.name': 'gantry0' },
  });
});

test('GET /networks lists the predefined networks', async () => {
  const { answer } = await ask('GET', '/networks');
  expect((answer as { Name: string }[]).map(({ Name }) => Name)).toEqual([
    'bridge',
    'host',
    'none',
  ]);
});

test('what networks cannot do yet is 501, what they never do is 403', async () => {
  expect((await ask('POST', '/networks/create', { Name: 'mine' })).status).toBe(501);
  expect((await ask('DELETE', '/networks/bridge')).status).toBe(403);
  expect((await ask('DELETE', '/networks/nothing')).status).toBe(404);
  expect(await ask('POST', '/networks/prune')).toEqual({
    status: 200,
    answer: { NetworksDeleted: null },
  });
});
