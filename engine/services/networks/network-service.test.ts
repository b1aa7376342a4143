import { describe, expect, it } from 'vitest';
import { NetworkService, type NetworkMember } from './network-service.ts';

const BRIDGE = {
  bridgeName: 'gantry0',
  subnet: '172.17.0.0/16',
  gateway: '172.17.0.1',
  mtu: 1500,
};

function open(engineId = 'engine', members: NetworkMember[] = []): NetworkService {
  const createdAt = '2026-11-20T09:00:00.000000000Z';
  return new NetworkService({ engineId, bridge: BRIDGE, createdAt, members: () => members });
}

describe('NetworkService', () => {
  it('has the three networks of every engine, ids stable for one engine and its own', () => {
    const networks = open().list();
    expect(networks.map(({ name, driver }) => [name, driver])).toEqual([
      ['bridge', 'bridge'],
      ['host', 'host'],
      ['none', 'null'],
    ]);
    expect(networks[0]?.id).toMatch(/^[0-9a-f]{64}$/);
    expect(open().list()).toEqual(networks);
    expect(open('other').list()[0]?.id).not.toBe(networks[0]?.id);
  });

  it('finds a network by name, id and prefix', () => {
    const service = open();
    const { id } = service.find('host');
    expect(service.find(id).name).toBe('host');
    expect(service.find(id.slice(0, 12)).name).toBe('host');
    expect(() => service.find('nothing')).toThrow('network nothing not found');
    expect(() => service.find('')).toThrow('network  not found');
  });

  it('takes the default network mode for the bridge', () => {
    expect(open().resolve('default')).toMatchObject(BRIDGE);
    expect(open().resolve('').name).toBe('bridge');
    expect(open().resolve('none').driver).toBe('null');
  });

  it('refuses a fixed address on a predefined network', () => {
    expect(() => open().resolve('bridge', { ipv4Address: '172.17.0.9' })).toThrow(
      'user specified IP address is supported on user defined networks only',
    );
  });

  it('filters', () => {
    const names = (filters: Record<string, string[]>) =>
      open()
        .list(new Map(Object.entries(filters)))
        .map(({ name }) => name);
    expect(names({ driver: ['bridge', 'null'] })).toEqual(['bridge', 'none']);
    expect(names({ name: ['o'] })).toEqual(['host', 'none']);
    expect(names({ type: ['custom'] })).toEqual([]);
    expect(names({ dangling: ['true'] })).toEqual([]);
    expect(() => names({ type: ['nonsense'] })).toThrow("invalid filter: 'type'='nonsense'");
    expect(() => names({ color: ['red'] })).toThrow("invalid filter 'color'");
  });

  it('keeps what it has and says plainly what is not there yet', () => {
    expect(() => open().remove('bridge')).toThrow('bridge is a pre-defined network');
    expect(() => open().create('bridge')).toThrow(
      'operation is not permitted on predefined bridge network',
    );
    expect(() => open().create('mine', 'host')).toThrow(
      'only one instance of "host" network is allowed',
    );
    expect(() => open().create('mine', 'weave')).toThrow('plugin "weave" not found');
    expect(() => open().create('mine')).toThrow('user-defined networks are not supported yet');
    expect(() => open().connect('nothing')).toThrow('network nothing not found');
    expect(open().prune(new Map())).toEqual([]);
  });
});
