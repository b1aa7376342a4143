import { closeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { run } from '../../host/processes.ts';
import type { NetworkConfig, PublishedPort, Sandbox, SandboxRequest } from '../network.ts';
import { BridgeNetworkDriver, type BridgeNetworkOptions } from './bridge.ts';
import {
  HOST_ADDRESS,
  OUTSIDE_ADDRESS,
  TestNetwork,
  type Server,
  type Transport,
} from './test-network.ts';

let host: TestNetwork;
let before: string[];
let driver: BridgeNetworkDriver;
let bridge: NetworkConfig;
let servers: Server[];
const drivers: BridgeNetworkDriver[] = [];
const READY_COUNT = 2;

function open(options: Partial<BridgeNetworkOptions> = {}): BridgeNetworkDriver {
  const opened = new BridgeNetworkDriver({
    engineId: 'test',
    bridgeName: 'gantry0',
    execRoot: join(host.directory, 'run'),
    readyCount: READY_COUNT,
    ...options,
  });
  drivers.push(opened);
  return opened;
}

function bridgeOf(owner: BridgeNetworkDriver): NetworkConfig {
  return { id: 'b'.repeat(64), name: 'bridge', driver: 'bridge', ...owner.claimDefaultBridge() };
}

function request(name: string, extra: Partial<SandboxRequest> = {}): SandboxRequest {
  return {
    containerId: `id-${name}`,
    containerName: name,
    network: bridge,
    ports: [],
    ...extra,
  };
}

function publish(
  hostPort: number,
  protocol: PublishedPort['protocol'] = 'tcp',
  hostAddress = '',
): PublishedPort {
  return { protocol, containerPort: 80, hostPort, hostAddress };
}

/** What a container's start does with its sandbox; the monitor's copies of the sockets stay away. */
async function start(
  name: string,
  ...ports: PublishedPort[]
): Promise<{ path: string; address: string }> {
  const sandbox = await driver.attach(request(name, { ports }));
  sandbox.reservedSockets.forEach((socket) => closeSync(socket));
  const path = sandbox.namespacePath ?? '';
  servers.push(await host.serve(name, 80, path));
  return { path, address: sandbox.endpoint?.ipv4Address ?? '' };
}

beforeEach(async () => {
  host = await TestNetwork.enter();
  servers = [];
  before = await host.inventory();
  driver = open();
  bridge = bridgeOf(driver);
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  // No container runs any more.
  for (const opened of drivers.splice(0)) {
    await opened.recover([]);
    await opened.close({ keepNetworks: false });
  }
  const after = await host.inventory();
  host.leave();
  expect(after).toEqual(before);
});

describe('a bridged sandbox', () => {
  it('has the address, routes and settings of a Docker container', async () => {
    const { namespacePath = '', endpoint } = await driver.attach(request('web'));
    expect(endpoint).toMatchObject({
      ipv4Address: '172.17.0.2',
      prefixLength: 16,
      gateway: '172.17.0.1',
      macAddress: '02:42:ac:11:00:02',
    });
    const inside = (...command: [string, ...string[]]) => host.inside(namespacePath, ...command);
    expect(await inside('ip', '-br', 'address')).toMatch(
      /^lo .* 127\.0\.0\.1\/8 .*\neth0@\w+ +UP +172\.17\.0\.2\/16 *\n$/,
    );
    expect(await inside('ip', 'route')).toContain('default via 172.17.0.1 dev eth0');
    expect(await inside('cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start')).toBe('0\n');
    expect(await inside('cat', '/proc/sys/net/ipv4/ping_group_range')).toBe('0\t2147483647\n');
  });

  it('is made for each of eight containers that start at once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const sandboxes = await Promise.all(names.map((name) => driver.attach(request(name))));
    expect(new Set(sandboxes.map(({ endpoint }) => endpoint?.ipv4Address)).size).toBe(8);
    expect(new Set(sandboxes.map(({ namespacePath }) => namespacePath)).size).toBe(8);
  });

  it('reaches its gateway, other containers, and the world behind the host’s address', async () => {
    const [web, db] = [await start('web'), await start('db')];
    servers.push(await host.serve('world', 90, host.outside));
    await host.inside(web.path, 'busybox', 'ping', '-c1', '-W1', '172.17.0.1');
    expect(await host.ask('tcp', db.address, 80, web.path)).toBe(`db ${web.address}`);
    expect(await host.ask('tcp', OUTSIDE_ADDRESS, 90, web.path)).toBe(`world ${HOST_ADDRESS}`);
    expect(await host.ask('udp', OUTSIDE_ADDRESS, 90, web.path)).toBe(`world ${HOST_ADDRESS}`);
  });

  it('is not reached from outside but through published ports', async () => {
    const web = await start('web');
    await host.inside(host.outside, 'ip', 'route', 'add', '172.17.0.0/16', 'via', HOST_ADDRESS);
    expect(await host.ask('tcp', web.address, 80, host.outside)).toBe('no answer');
    expect(await host.ask('tcp', web.address, 80)).toBe('web 172.17.0.1');
  });

  it('takes a MAC address of one’s own', async () => {
    const macAddress = '02:00:00:00:00:99';
    const { namespacePath = '', endpoint } = await driver.attach(request('web', { macAddress }));
    expect(endpoint?.macAddress).toBe(macAddress);
    expect(await host.inside(namespacePath, 'ip', '-br', 'link')).toContain(macAddress);
  });

  it('reaches the world where iptables drops what is forwarded', async () => {
    await run('iptables', ['-P', 'FORWARD', 'DROP']);
    servers.push(await host.serve('world', 90, host.outside));
    const web = await start('web', publish(8080));
    expect(await host.ask('tcp', OUTSIDE_ADDRESS, 90, web.path)).toBe(`world ${HOST_ADDRESS}`);
    expect(await host.ask('tcp', HOST_ADDRESS, 8080, host.outside)).toBe(`web ${OUTSIDE_ADDRESS}`);
  });
});

describe('a published port', () => {
  const transports: Transport[] = ['tcp', 'udp'];
  const cases = transports.flatMap((transport) =>
    ['0', '1'].map((callIptables) => ({ transport, callIptables })),
  );

  it.each(cases)(
    'answers over $transport from everywhere, bridge-nf-call-iptables $callIptables',
    async ({ transport, callIptables }) => {
      await writeFile('/proc/sys/net/bridge/bridge-nf-call-iptables', callIptables).catch(() => {});
      const web = await start('web', publish(8080, transport));
      const other = await start('other');
      const ask = (address: string, from?: string) => host.ask(transport, address, 8080, from);
      expect(await ask('127.0.0.1')).toBe('web 172.17.0.1');
      expect(await ask(HOST_ADDRESS)).toMatch(/^web /);
      expect(await ask(HOST_ADDRESS, host.outside)).toBe(`web ${OUTSIDE_ADDRESS}`);
      expect(await ask(HOST_ADDRESS, other.path)).toMatch(/^web /);
      expect(await ask('172.17.0.1', other.path)).toMatch(/^web /);
      expect(await ask(HOST_ADDRESS, web.path)).toMatch(/^web /);
    },
  );

  it('on 127.0.0.1 answers there and nowhere else', async () => {
    await start('web', publish(8080, 'tcp', '127.0.0.1'));
    expect(await host.ask('tcp', '127.0.0.1', 8080)).toBe('web 172.17.0.1');
    expect(await host.ask('tcp', HOST_ADDRESS, 8080)).toBe('refused');
    expect(await host.ask('tcp', HOST_ADDRESS, 8080, host.outside)).toBe('refused');
    await host.inside(host.outside, 'ip', 'route', 'add', 'local', '127.0.0.2', 'dev', 'eth0');
    expect(await host.ask('tcp', '127.0.0.1', 8080, host.outside)).toBe('refused');
  });

  it('leads to the next container as soon as the first gave it back', async () => {
    await start('one', publish(8080));
    await driver.detach('id-one');
    expect(await host.ask('tcp', '127.0.0.1', 8080)).toBe('refused');
    await start('two', publish(8080));
    expect(await host.ask('tcp', '127.0.0.1', 8080)).toBe('two 172.17.0.1');
  });

  it('reaches UDP clients that never stopped sending', async () => {
    const client = await host.sendForEver(HOST_ADDRESS, 8080, host.outside);
    servers.push(client);
    await start('one', publish(8080, 'udp'));
    expect(await client.heard('one')).toBe(`one ${OUTSIDE_ADDRESS}`);
    await driver.detach('id-one');
    await start('two', publish(8080, 'udp'));
    expect(await client.heard('two')).toBe(`two ${OUTSIDE_ADDRESS}`);
  });

  it('is any free one when none is named', async () => {
    const ports = [publish(0), publish(0), publish(0, 'udp')];
    const sandbox = await driver.attach(request('web', { ports }));
    const [first, second, third] = sandbox.ports.map(({ hostPort }) => hostPort);
    expect(new Set([first, second]).size).toBe(2);
    for (const port of [first, second, third]) expect(port).toBeGreaterThanOrEqual(32768);
    sandbox.reservedSockets.forEach((socket) => closeSync(socket));
  });

  it('is refused while a container has it, with that container’s name, and leaves nothing', async () => {
    const first = await driver.attach(request('one', { ports: [publish(8080)] }));
    const ports = [publish(8081), publish(8080, 'tcp', '127.0.0.1')];
    await expect(driver.attach(request('two', { ports }))).rejects.toThrow(
      /^driver failed programming external connectivity on endpoint two \([0-9a-f]{64}\): Bind for 127\.0\.0\.1:8080 failed: port is already allocated \(container one has it\)$/,
    );
    const udp = await driver.attach(
      request('two', { ports: [publish(8081), publish(8080, 'udp')] }),
    );
    for (const socket of [...first.reservedSockets, ...udp.reservedSockets]) closeSync(socket);
  });

  it('is refused while another program listens on it, and kept from others in turn', async () => {
    const program = await host.serve('program', 8080);
    for (const protocol of ['tcp', 'udp'] as const)
      await expect(
        driver.attach(request('web', { ports: [publish(8080, protocol)] })),
      ).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('Bind for 0.0.0.0:8080 failed: port is already allocated'),
      });
    await host.ask('tcp', '127.0.0.1', 8080); // leaves a connection in TIME_WAIT
    await program.stop();
    const sandbox = await driver.attach(request('web', { ports: [publish(8080)] }));
    await expect(host.serve('program', 8080)).rejects.toThrow('ended');
    sandbox.reservedSockets.forEach((socket) => closeSync(socket));
    servers.push(await host.serve('program', 8080));
  });

  it('is refused on an address that the host does not have', async () => {
    const on = (address: string) =>
      driver.attach(request('web', { ports: [publish(8080, 'tcp', address)] }));
    await expect(on('203.0.113.9')).rejects.toThrow('cannot assign requested address');
    await expect(on('::1')).rejects.toThrow('IPv4 addresses only');
  });
});

describe('other networks', () => {
  const network = (driver: 'host' | 'null') => ({ id: 'x', name: driver, driver });

  it('`none` has loopback alone', async () => {
    const { namespacePath = '' } = await driver.attach(
      request('web', { network: network('null') }),
    );
    expect(await host.inside(namespacePath, 'ip', '-br', 'address')).toMatch(
      /^lo +UNKNOWN +127\.0\.0\.1\/8 ::1\/128 *\n$/,
    );
  });

  it('`host` needs nothing', async () => {
    expect(await driver.attach(request('web', { network: network('host') }))).toEqual({
      ports: [],
      reservedSockets: [],
    });
  });
});

describe('recover()', () => {
  type Running = { request: SandboxRequest; sandbox: Sandbox };

  /** The engine is killed at rest: its object is forgotten, the kernel's state and the containers stay. */
  async function crash(attached: number, ...running: Running[]): Promise<void> {
    await eventually('sandboxes made ahead of need', async () => {
      const links = (await host.inventory()).filter((line) => line.startsWith('gv'));
      return links.length === attached + READY_COUNT;
    });
    driver = open();
    bridge = bridgeOf(driver);
    await driver.recover(running);
  }

  it('keeps running containers reachable, and removes everything else of the engine', async () => {
    const webRequest = request('web', { ports: [publish(8080)] });
    const web = await driver.attach(webRequest);
    const gone = await driver.attach(request('gone', { ports: [publish(8081)] }));
    await host.serve('web', 80, web.namespacePath).then((server) => servers.push(server));
    gone.reservedSockets.forEach((socket) => closeSync(socket));
    await crash(2, { request: webRequest, sandbox: web });
    await driver.settle();

    expect(await host.ask('tcp', '127.0.0.1', 8080)).toBe('web 172.17.0.1');
    expect(await host.ask('tcp', '127.0.0.1', 8081)).toBe('refused');
    const links = (await host.inventory()).filter((line) => line.startsWith('gv'));
    expect(links).toHaveLength(1);
    const next = await driver.attach(request('next', { ports: [publish(8081)] }));
    expect(next.endpoint?.ipv4Address).not.toBe(web.endpoint?.ipv4Address);
    for (const socket of [...web.reservedSockets, ...next.reservedSockets]) closeSync(socket);
  });

  it('knows who has a port', async () => {
    const webRequest = request('web', { ports: [publish(8080)] });
    const web = await driver.attach(webRequest);
    web.reservedSockets.forEach((socket) => closeSync(socket));
    await crash(1, { request: webRequest, sandbox: web });
    await expect(driver.attach(request('other', { ports: [publish(8080)] }))).rejects.toThrow(
      'container web has it',
    );
    await driver.detach('id-web');
    const other = await driver.attach(request('other', { ports: [publish(8080)] }));
    other.reservedSockets.forEach((socket) => closeSync(socket));
  });

  it('makes the packet filter again when it was flushed', async () => {
    const webRequest = request('web', {
      ports: [publish(8080), publish(8082, 'tcp', '127.0.0.1')],
    });
    const web = await driver.attach(webRequest);
    web.reservedSockets.forEach((socket) => closeSync(socket));
    servers.push(await host.serve('web', 80, web.namespacePath));
    await run('nft', ['flush', 'ruleset']);
    await crash(1, { request: webRequest, sandbox: web });
    expect(await host.ask('tcp', '127.0.0.1', 8080)).toBe('web 172.17.0.1');
    expect(await host.ask('tcp', '127.0.0.1', 8082)).toBe('web 172.17.0.1');
  });

  it('removes the packet filter when nothing runs any more', async () => {
    await driver.attach(request('web'));
    await crash(1);
    await driver.settle();
    expect((await host.inventory()).filter((line) => /^gv|^table/.test(line))).toEqual([]);
  });
});

describe('what somebody else removed', () => {
  it('is made again for the next container: the packet filter, with the ports of the others', async () => {
    await start('one', publish(8080));
    await run('nft', ['flush', 'ruleset']);
    await start('two', publish(8081));
    expect(await host.ask('tcp', '127.0.0.1', 8080)).toBe('one 172.17.0.1');
    expect(await host.ask('tcp', '127.0.0.1', 8081)).toBe('two 172.17.0.1');
  });

  it('is made again for the next container: the bridge', async () => {
    await start('one');
    await run('ip', ['link', 'delete', 'gantry0']);
    await start('two', publish(8080));
    expect(await host.ask('tcp', '127.0.0.1', 8080)).toBe('two 172.17.0.1');
  });
});

describe('two engines', () => {
  it('have bridges, subnets and tables of their own, and close without touching each other', async () => {
    const other = open({
      engineId: 'other',
      bridgeName: 'gantry-other',
      execRoot: join(host.directory, 'other'),
    });
    const otherBridge = bridgeOf(other);
    expect(otherBridge.subnet).not.toBe(bridge.subnet);
    await start('web', publish(8080));
    await other.attach(request('web', { network: otherBridge, ports: [publish(8081)] }));
    await other.recover([]);
    await other.close({ keepNetworks: false });
    drivers.pop();
    expect(await host.ask('tcp', '127.0.0.1', 8080)).toBe('web 172.17.0.1');
    expect((await host.inventory()).filter((line) => line.startsWith('table'))).toHaveLength(1);
  });
});

describe('claimDefaultBridge()', () => {
  it('takes a subnet that the host does not reach yet', async () => {
    await run('ip', ['link', 'delete', 'gantry0']);
    await run('ip', ['route', 'add', '172.17.3.0/24', 'via', OUTSIDE_ADDRESS]);
    expect(driver.claimDefaultBridge().subnet).toBe('172.18.0.0/16');
  });

  it('keeps the bridge that stands', () => {
    expect(open().claimDefaultBridge()).toEqual(driver.claimDefaultBridge());
  });

  it('takes --bip at its word, but not over a network the host is in', async () => {
    const claim = (subnet: string) =>
      open({ engineId: 'bip', bridgeName: 'gantry-bip', subnet }).claimDefaultBridge();
    expect(() => claim('198.51.0.1/16')).toThrow(
      'subnet 198.51.0.0/16 of bridge gantry-bip overlaps with 198.51.100.0/24 on out0',
    );
    expect(claim('10.9.8.1/24')).toMatchObject({ subnet: '10.9.8.0/24', gateway: '10.9.8.1' });
  });
});
