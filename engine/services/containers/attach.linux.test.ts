/** The streams of real containers, as clients see them. */
import { randomBytes } from 'node:crypto';
import { createServer, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { FrameDecoder } from '../../formats/stream-frame.ts';
import { ContainerFixture } from './testing/container-fixture.ts';

let fixture: ContainerFixture;
beforeAll(async () => {
  fixture = await ContainerFixture.open();
});
afterAll(() => fixture.close());

const never = new AbortController().signal;
const ALL = { detachKeys: '', logs: false, stream: true, stdin: true, stdout: true, stderr: true };

/** Both ends of a connection whose halves close on their own, as the API server hands them over. */
async function connection(): Promise<{ server: Socket; client: Socket }> {
  const path = join(fixture.folder, `s${Math.random()}`);
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const listener = createServer({ allowHalfOpen: true }, resolve).listen(path);
  await new Promise((listening) => listener.once('listening', listening));
  const client = connect({ path, allowHalfOpen: true });
  const server = await promise;
  listener.close();
  return { server, client };
}

class Client {
  readonly socket: Socket;
  readonly done: Promise<void>;
  private readonly bytes: Buffer[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.bytes.push(bytes));
    this.done = new Promise((resolve) => socket.once('end', () => resolve()));
  }

  get raw(): string {
    return Buffer.concat(this.bytes).toString();
  }

  stream(name: string): string {
    return this.bytesOf(name).toString();
  }

  bytesOf(name: string): Buffer {
    const frames = new FrameDecoder().push(Buffer.concat(this.bytes));
    return Buffer.concat(frames.filter(({ stream }) => stream === name).map(({ bytes }) => bytes));
  }
}

async function attach(id: string, wish: Partial<typeof ALL> = {}): Promise<Client> {
  const { server, client } = await connection();
  const attached = fixture.containers.attach(id, { ...ALL, ...wish }, () => server);
  attached.catch(() => {});
  return new Client(client);
}

const STDIN = { OpenStdin: true, StdinOnce: true };

describe('attach', () => {
  test('before the start sees the first byte and the last, each in its stream', async () => {
    const id = await fixture.create(['sh', '-c', 'echo first; echo oops >&2; echo last']);
    const client = await attach(id);
    await fixture.containers.start(id);
    await client.done;
    expect(client.stream('stdout')).toBe('first\nlast\n');
    expect(client.stream('stderr')).toBe('oops\n');
  });

  test('carries input; its end is the container’s, and output goes on after it', async () => {
    const id = await fixture.create(['sh', '-c', 'wc -c; sleep 0.1; echo after'], STDIN);
    const client = await attach(id);
    await fixture.containers.start(id);
    const input = Buffer.alloc(300_000, 'x');
    client.socket.end(input);
    await client.done;
    expect(client.stream('stdout')).toBe('300000\nafter\n');
  });

  test('carries ten megabytes in and out again without losing a byte', async () => {
    const id = await fixture.create(['cat'], STDIN);
    const client = await attach(id);
    await fixture.containers.start(id);
    const input = randomBytes(10 << 20);
    client.socket.end(input);
    await client.done;
    expect(client.bytesOf('stdout').equals(input)).toBe(true);
  });

  test('carries megabytes out unharmed to a client that reads slowly', async () => {
    const id = await fixture.create(['sh', '-c', 'dd if=/dev/zero bs=65536 count=256 2>/dev/null']);
    const { server, client: socket } = await connection();
    void fixture.containers.attach(id, { ...ALL, stdin: false }, () => server);
    await fixture.containers.start(id);
    let length = 0;
    let most = 0;
    const decoder = new FrameDecoder();
    socket.on('data', (bytes: Buffer) => {
      for (const frame of decoder.push(bytes)) length += frame.bytes.length;
      most = Math.max(most, server.writableLength);
      socket.pause();
      setTimeout(() => socket.resume(), 1);
    });
    await new Promise((resolve) => socket.once('end', resolve));
    expect(length).toBe(256 * 65536);
    expect(most).toBeLessThan(1 << 20); // what waits stays in the container, not in the engine
  });

  test('with a terminal is raw, resizable, and left by the detach keys', async () => {
    const id = await fixture.create(['sh'], {
      Tty: true,
      ...STDIN,
      HostConfig: { ConsoleSize: [10, 40] },
    });
    const client = await attach(id);
    await fixture.containers.start(id);
    client.socket.write('stty size; echo $TERM\n');
    await eventually('the size', () => client.raw.includes('10 40'));
    await eventually('the terminal', () => client.raw.includes('xterm'));
    fixture.containers.resize(id, '33', '77');
    await eventually('the new size', async () => {
      client.socket.write('stty size\n');
      return client.raw.includes('33 77');
    });
    client.socket.write(Buffer.of(0x10, 0x11)); // ctrl-p ctrl-q
    await client.done;
    expect(fixture.containers.find(id).running).toBe(true);
    expect(fixture.events.at(-1)).toMatchObject({ action: 'detach' });
    const again = await attach(id);
    again.socket.write('exit 5\n');
    await again.done;
    expect(await fixture.containers.wait(id, 'not-running', never)).toBe(5);
  });

  test('serves several clients; one that leaves takes nothing from the others', async () => {
    const id = await fixture.create(['cat'], STDIN);
    const [writer, reader, leaver] = [
      await attach(id),
      await attach(id, { stdin: false }),
      await attach(id, { stdin: false }),
    ];
    await fixture.containers.start(id);
    writer.socket.write('one\n');
    await eventually('all have it', () =>
      [writer, reader, leaver].every((it) => it.stream('stdout') === 'one\n'),
    );
    leaver.socket.destroy();
    writer.socket.write('two\n');
    await eventually('the others go on', () => reader.stream('stdout') === 'one\ntwo\n');
    writer.socket.end();
    await reader.done;
    expect(await fixture.containers.wait(id, 'not-running', never)).toBe(0);
  });

  test('a client that vanishes ends the input of a container that reads once', async () => {
    const id = await fixture.create(['sh', '-c', 'cat >/dev/null; exit 3'], STDIN);
    const client = await attach(id);
    await fixture.containers.start(id);
    client.socket.write('x');
    client.socket.destroy();
    expect(await fixture.containers.wait(id, 'not-running', never)).toBe(3);
  });

  test('input stays open for the next client where it is not to end with the first', async () => {
    const id = await fixture.create(['sh', '-c', 'read a; read b; echo $a$b'], { OpenStdin: true });
    await fixture.containers.start(id);
    const first = await attach(id);
    first.socket.write('1\n');
    await new Promise<void>((resolve) => first.socket.end(() => resolve()));
    first.socket.destroy();
    const second = await attach(id);
    second.socket.write('2\n');
    await second.done;
    expect(second.stream('stdout')).toBe('12\n');
  });

  test('is refused for a paused container', async () => {
    const id = await fixture.create(['sleep', '60']);
    await fixture.containers.start(id);
    await fixture.containers.pause(id);
    const attempt = fixture.containers.attach(id, ALL, () => {
      throw new Error('connected');
    });
    await expect(attempt).rejects.toThrow('is paused, unpause the container before attach');
  });

  test('ends when the start fails', async () => {
    const id = await fixture.create(['nosuch']);
    const client = await attach(id);
    await expect(fixture.containers.start(id)).rejects.toThrow();
    await client.done;
    expect(client.raw).toBe('');
  });
});
