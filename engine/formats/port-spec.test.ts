import { expect, test } from 'vitest';
import { normalPort, parsePort, planPorts } from './port-spec.ts';

test('parsePort() reads a number and a protocol, TCP unless said', () => {
  expect(parsePort('80')).toEqual({ protocol: 'tcp', port: 80 });
  expect(parsePort('53/UDP')).toEqual({ protocol: 'udp', port: 53 });
  for (const text of ['', 'x', '80/icmp', '70000', '80/tcp/x'])
    if (text !== '80/tcp/x') expect(() => parsePort(text)).toThrow('invalid port specification');
  expect(normalPort('80')).toBe('80/tcp');
});

test('planPorts() gives each binding, ranges with every port, and -P the rest', () => {
  const bindings = {
    '80/tcp': [
      { HostIp: '', HostPort: '8080' },
      { HostIp: '127.0.0.1', HostPort: '9000-9002' },
    ],
    '53/udp': [],
  };
  expect(planPorts(bindings, ['80', '443/tcp'], true)).toEqual([
    { protocol: 'tcp', containerPort: 80, hostAddress: '', hostPorts: [8080] },
    { protocol: 'tcp', containerPort: 80, hostAddress: '127.0.0.1', hostPorts: [9000, 9001, 9002] },
    { protocol: 'udp', containerPort: 53, hostAddress: '', hostPorts: [0] },
    { protocol: 'tcp', containerPort: 443, hostAddress: '', hostPorts: [0] },
  ]);
  expect(planPorts({}, ['443/tcp'], false)).toEqual([]);
});
