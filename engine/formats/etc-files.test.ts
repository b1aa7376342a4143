import { describe, expect, it } from 'vitest';
import {
  hostnameFile,
  hostsFile,
  parseExtraHost,
  resolvConfFile,
  usesLocalStub,
} from './etc-files.ts';

const LOCAL = `127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::	ip6-localnet
ff00::	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
`;

describe('hostsFile()', () => {
  it('ends with the container’s own address and name', () => {
    expect(hostsFile({ hostname: 'web', ipv4Address: '172.17.0.2' })).toBe(
      `${LOCAL}172.17.0.2\tweb\n`,
    );
  });

  it('has the local lines alone where there is no address', () => {
    expect(hostsFile({ hostname: 'web' })).toBe(LOCAL);
  });

  it('puts the full name before the short one, wherever the domain came from', () => {
    const own = '172.17.0.2\tweb.example.org web\n';
    const ipv4Address = '172.17.0.2';
    expect(hostsFile({ hostname: 'web', domainname: 'example.org', ipv4Address })).toBe(
      LOCAL + own,
    );
    expect(hostsFile({ hostname: 'web.example.org', ipv4Address })).toBe(LOCAL + own);
  });

  it('puts extra hosts before the own line and knows host-gateway', () => {
    const text = hostsFile({
      hostname: 'web',
      ipv4Address: '172.17.0.2',
      extraHosts: ['db:10.0.0.5', 'six=[::1]', 'host.docker.internal:host-gateway'],
      hostGateway: '172.17.0.1',
    });
    expect(text).toBe(
      `${LOCAL}10.0.0.5\tdb\n::1\tsix\n172.17.0.1\thost.docker.internal\n172.17.0.2\tweb\n`,
    );
  });

  it('begins with the host’s own file on the host’s network', () => {
    const text = hostsFile({
      hostname: 'h',
      base: '127.0.0.1 localhost\n',
      extraHosts: ['a:1.2.3.4'],
    });
    expect(text).toBe('127.0.0.1 localhost\n1.2.3.4\ta\n');
  });
});

describe('parseExtraHost()', () => {
  it('refuses a text without an address', () => {
    expect(() => parseExtraHost('db')).toThrow('bad format for add-host: "db"');
    expect(() => parseExtraHost('db:nowhere')).toThrow('invalid IP address in add-host: "nowhere"');
  });
});

describe('hostnameFile()', () => {
  it('is one line', () => {
    expect(hostnameFile('web')).toBe('web\n');
  });
});

describe('resolvConfFile()', () => {
  const host = 'domain old\nsearch lan corp # mine\nnameserver 10.0.0.53\noptions ndots:2 edns0\n';

  it('keeps what the host has', () => {
    expect(resolvConfFile({ host })).toBe(
      'nameserver 10.0.0.53\nsearch lan corp\noptions ndots:2 edns0\n',
    );
  });

  it('drops servers a container cannot reach', () => {
    const text =
      'nameserver 127.0.0.1\nnameserver ::1\nnameserver fe80::1%eth0\nnameserver 9.9.9.9\n';
    expect(resolvConfFile({ host: text })).toBe('nameserver 9.9.9.9\n');
  });

  it('falls back to public servers when none is left', () => {
    expect(resolvConfFile({ host: 'nameserver 127.0.0.53\n' })).toBe(
      'nameserver 8.8.8.8\nnameserver 8.8.4.4\n',
    );
  });

  it('keeps the host’s loopback servers on the host’s network', () => {
    const text = 'nameserver 127.0.0.53\n';
    expect(resolvConfFile({ host: text, hostNetwork: true })).toBe(text);
  });

  it('lets each option replace what the host has', () => {
    expect(
      resolvConfFile({ host, dns: ['1.1.1.1', '::1'], dnsSearch: ['x.y'], dnsOptions: ['rotate'] }),
    ).toBe('nameserver 1.1.1.1\nnameserver ::1\nsearch x.y\noptions rotate\n');
  });

  it('takes a lone dot as no search list', () => {
    expect(resolvConfFile({ host, dnsSearch: ['.'] })).toBe(
      'nameserver 10.0.0.53\noptions ndots:2 edns0\n',
    );
  });

  it('refuses a server that is no address', () => {
    expect(() => resolvConfFile({ host, dns: ['dns.example'] })).toThrow(
      'invalid nameserver address: dns.example',
    );
  });
});

describe('usesLocalStub()', () => {
  it('knows systemd-resolved’s file', () => {
    expect(usesLocalStub('# x\nnameserver 127.0.0.53\noptions edns0\n')).toBe(true);
    expect(usesLocalStub('nameserver 127.0.0.53\nnameserver 1.1.1.1\n')).toBe(false);
  });
});
