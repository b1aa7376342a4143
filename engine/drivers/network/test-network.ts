/**
 * For tests: a network of their own to run a driver in. The test's thread moves into a fresh network
 * namespace, so that all the driver makes is away from the machine's; beside it lies `outside`, a
 * second host on a cable. `leave()` takes both down.
 */
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createNetworkNamespace, removeNetworkNamespace } from '../../host/namespaces.ts';
import { NETLINK, NetlinkSocket } from '../../host/netlink.ts';
import { run, start } from '../../host/processes.ts';
import { CLONE, enterNamespace, unshare } from '../../host/system-calls.ts';
import { setLinkUp } from './links.ts';

export const HOST_ADDRESS = '198.51.100.1';
export const OUTSIDE_ADDRESS = '198.51.100.2';

export type Transport = 'tcp' | 'udp';

/** Answers each connection or datagram with its name and the address it came from. */
const SERVER = `
  const [name, port] = process.argv.slice(1);
  const answer = (address) => name + ' ' + address.replace('::ffff:', '');
  const tcp = require('net').createServer((socket) => socket.end(answer(socket.remoteAddress)));
  const udp = require('dgram').createSocket('udp4');
  udp.on('message', (_, from) => udp.send(answer(from.address), from.port, from.address));
  tcp.listen(Number(port), '0.0.0.0', () => udp.bind(Number(port), () => console.log('ready')));
`;

/** Prints the answer, or \`refused\`, \`unreachable\`, \`no answer\`. */
const CLIENT = `
  const [transport, address, port] = process.argv.slice(1);
  const end = (text) => { console.log(text); process.exit(); };
  const fail = (error) => end(error.code === 'ECONNREFUSED' ? 'refused' : 'unreachable');
  setTimeout(() => end('no answer'), 700);
  if (transport === 'tcp')
    require('net').connect(Number(port), address).on('data', (d) => end(String(d))).on('error', fail);
  else {
    const socket = require('dgram').createSocket('udp4');
    socket.on('message', (d) => end(String(d))).on('error', fail);
    socket.send('hello', Number(port), address);
  }
`;

/** Sends from one port for ever; prints each new answer. */
const SENDER = `
  const [address, port] = process.argv.slice(1);
  const socket = require('dgram').createSocket('udp4');
  let last = 'sending';
  console.log(last);
  socket.on('error', () => {}).on('message', (d) => {
    if (String(d) !== last) console.log(last = String(d));
  });
  setInterval(() => socket.send('hello', Number(port), address), 10);
`;

export interface Sender extends Server {
  /** The first answer that begins with this name. */
  heard(name: string): Promise<string>;
}

export interface Server {
  stop(): Promise<void>;
}

export class TestNetwork {
  readonly directory: string;
  /** Path of the namespace of the second host. */
  readonly outside: string;
  private readonly home: number;

  private constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'gantry-network-'));
    this.outside = join(this.directory, 'outside');
    this.home = openSync('/proc/thread-self/ns/net', 'r');
  }

  static async enter(): Promise<TestNetwork> {
    const network = new TestNetwork();
    unshare(CLONE.NEWNET);
    setLoopbackUp();
    createNetworkNamespace(network.outside, setLoopbackUp);
    const input = [
      `link add out0 type veth peer name eth0 netns ${network.outside}`,
      `address add ${HOST_ADDRESS}/24 dev out0`,
      'link set out0 up',
    ].join('\n');
    await run('ip', ['-batch', '-'], { input });
    await network.inside(
      network.outside,
      'ip',
      'address',
      'add',
      `${OUTSIDE_ADDRESS}/24`,
      'dev',
      'eth0',
    );
    await network.inside(network.outside, 'ip', 'link', 'set', 'eth0', 'up');
    return network;
  }

  /** Runs a program in a namespace to its end. */
  inside(namespacePath: string, program: string, ...args: string[]): Promise<string> {
    return run('nsenter', [`--net=${namespacePath}`, '--', program, ...args]);
  }

  /** Starts a server for both transports; resolves when it answers. */
  serve(name: string, port: number, namespacePath?: string): Promise<Server> {
    const [program, ...args] = commandIn(namespacePath, SERVER, name, String(port));
    const child = start(program as string, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const server = {
      stop: () => {
        child.kill('SIGKILL');
        return ended;
      },
    };
    return new Promise((resolve, reject) => {
      child.stdout?.once('data', () => resolve(server));
      child.once('close', (status) => reject(new Error(`server ${name} ended: ${status}`)));
    });
  }

  /** A client that keeps sending UDP from one and the same port, and has begun to. */
  async sendForEver(address: string, port: number, namespacePath: string): Promise<Sender> {
    const [program, ...args] = commandIn(namespacePath, SENDER, address, String(port));
    const child = start(program as string, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const lines: string[] = [];
    child.stdout?.on('data', (chunk) => lines.push(...String(chunk).split('\n')));
    const heard = async (name: string): Promise<string> => {
      for (;;) {
        const line = lines.find((line) => line.startsWith(name));
        if (line !== undefined) return line;
        await once(child.stdout as Readable, 'data', { signal: AbortSignal.timeout(10_000) });
      }
    };
    await heard('sending');
    const stop = () => {
      child.kill('SIGKILL');
      return ended;
    };
    return { heard, stop };
  }

  /** What a client in a namespace (default: the host's) gets to hear. */
  async ask(
    transport: Transport,
    address: string,
    port: number,
    namespacePath?: string,
  ): Promise<string> {
    const [program, ...args] = commandIn(namespacePath, CLIENT, transport, address, String(port));
    return (await run(program as string, args)).trim();
  }

  /** Everything a driver could leave: interfaces, tables, iptables rules, mounts. */
  async inventory(): Promise<string[]> {
    const [links, tables, rules, mounts] = await Promise.all([
      run('ip', ['-o', 'link']),
      run('nft', ['list', 'tables']),
      run('iptables', ['-S', 'FORWARD']),
      run('cat', ['/proc/self/mounts']),
    ]);
    return [
      ...links.split('\n').map((line) => (line.split(': ')[1] ?? '').replace(/@.*/, '')),
      ...tables.split('\n').filter((line) => line.includes('gantry')),
      ...rules.split('\n').filter((line) => line.startsWith('-A')),
      ...mounts.split('\n').filter((line) => line.includes(`${this.directory}/`)),
    ].filter((line) => line !== '');
  }

  leave(): void {
    removeNetworkNamespace(this.outside);
    enterNamespace(this.home, CLONE.NEWNET);
    closeSync(this.home);
    rmSync(this.directory, { recursive: true });
  }
}

function setLoopbackUp(): void {
  using socket = new NetlinkSocket(NETLINK.ROUTE);
  socket.request([setLinkUp(1)]);
}

function commandIn(namespacePath: string | undefined, script: string, ...args: string[]): string[] {
  const command = [process.execPath, '-e', script, ...args];
  return namespacePath === undefined
    ? command
    : ['nsenter', `--net=${namespacePath}`, '--', ...command];
}
