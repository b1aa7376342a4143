import { expect, test } from 'vitest';
import { linkVariables, parseLink } from './links.ts';

test.each([
  ['db', { target: 'db', alias: 'db' }],
  ['db:database', { target: 'db', alias: 'database' }],
  ['/db:/web/database', { target: 'db', alias: 'database' }],
])('parseLink() reads %s', (text, expected) => {
  expect(parseLink(text)).toEqual(expected);
});

test('parseLink() refuses what is none', () => {
  expect(() => parseLink('')).toThrow('empty string specified for links');
  expect(() => parseLink('a:b:c')).toThrow('bad format for links: a:b:c');
});

test('linkVariables() tell ports, ranges of them, the name and the other’s variables', () => {
  const variables = linkVariables({
    alias: 'my-db',
    ownName: 'web',
    address: '172.17.0.5',
    environment: ['PASSWORD=a=b', 'PATH=/bin', 'EMPTY'],
    exposedPorts: ['53/udp', '81/tcp', '80/tcp'],
  });
  expect(variables).toEqual([
    'MY_DB_PORT=tcp://172.17.0.5:80',
    'MY_DB_PORT_80_TCP=tcp://172.17.0.5:80',
    'MY_DB_PORT_80_TCP_ADDR=172.17.0.5',
    'MY_DB_PORT_80_TCP_PORT=80',
    'MY_DB_PORT_80_TCP_PROTO=tcp',
    'MY_DB_PORT_81_TCP=tcp://172.17.0.5:81',
    'MY_DB_PORT_81_TCP_ADDR=172.17.0.5',
    'MY_DB_PORT_81_TCP_PORT=81',
    'MY_DB_PORT_81_TCP_PROTO=tcp',
    'MY_DB_PORT_53_UDP=udp://172.17.0.5:53',
    'MY_DB_PORT_53_UDP_ADDR=172.17.0.5',
    'MY_DB_PORT_53_UDP_PORT=53',
    'MY_DB_PORT_53_UDP_PROTO=udp',
    'MY_DB_PORT_80_TCP_START=tcp://172.17.0.5:80',
    'MY_DB_PORT_80_TCP_PORT_START=80',
    'MY_DB_PORT_80_TCP_END=tcp://172.17.0.5:81',
    'MY_DB_PORT_80_TCP_PORT_END=81',
    'MY_DB_NAME=/web/my-db',
    'MY_DB_ENV_PASSWORD=a=b',
  ]);
});
