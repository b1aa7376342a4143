/** Attaching to containers: over a WebSocket, with signals passed on, and where it is refused. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { EventRecorder } from '../support/event-recorder.ts';
import { eventually } from '../support/eventually.ts';
import { startSubject, SUBJECT, type Subject } from './subject.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
});
afterAll(() => subject.close());
afterEach(async () => {
  const all = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  if (all.length > 0) await docker('rm', '-f', '-v', ...all);
});

const docker = (...args: string[]): Promise<string> => subject.docker.ok(...args);

/** What a client of `attach/ws` has seen, and whether it is still connected. */
class SocketClient {
  readonly socket: WebSocket;
  readonly closed: Promise<unknown>;
  text = '';
  /** Of the last message. */
  isBinary = false;

  constructor(name: string, query: string, version = '') {
    const path = `${version}/containers/${name}/attach/ws?${query}`;
    const address = `ws+unix://${subject.socket}:${path}`;
    this.socket = new WebSocket(address, { origin: 'http://localhost' });
    this.socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.text += data.toString('utf8');
      this.isBinary = isBinary;
    });
    this.closed = once(this.socket, 'close');
    this.closed.catch(() => {}); // whoever awaits it sees it
  }

  static async open(name: string, query: string): Promise<SocketClient> {
    const client = new SocketClient(name, query);
    await once(client.socket, 'open');
    return client;
  }

  shows(pattern: RegExp): Promise<unknown> {
    return eventually(`${pattern} is shown`, () => pattern.test(this.text));
  }
}

const BOTH_WAYS = 'stream=1&stdin=1&stdout=1&stderr=1';

describe('a WebSocket', () => {
  test('carries input in, and both streams out without frames', async () => {
    const script = 'read line; echo "out $line"; echo "err $line" >&2; read line; exit 4';
    await docker('run', '-di', '--name', 'chat', 'busybox', 'sh', '-c', script);
    const client = await SocketClient.open('chat', BOTH_WAYS);
    client.socket.send('hello\n');
    await client.shows(/out hello\n/);
    await client.shows(/err hello\n/);
    expect(client.text).toHaveLength('out hello\nerr hello\n'.length);
    client.socket.send('end\n');
    await client.closed;
    expect(await docker('wait', 'chat')).toBe('4');
  });

  test.each([
    ['the usual keys', '', [0x10, 0x11]],
    ['keys of its own', '&detachKeys=ctrl-a,x', [0x01, 0x78]],
  ])('leaves a terminal by %s and the container alone', async (_name, query, keys) => {
    await docker('run', '-dit', '--name', 'shell', 'busybox', 'sh');
    const client = await SocketClient.open('shell', BOTH_WAYS + query);
    client.socket.send('echo he""llo\n');
    await client.shows(/hello/);
    client.socket.send(Buffer.from(keys));
    await client.closed;
    expect(await docker('inspect', '-f', '{{.State.Running}}', 'shell')).toBe('true');
  });

  test('gets what was logged, and ends with it unless it asks for more', async () => {
    await docker('run', '--name', 'past', 'busybox', 'sh', '-c', 'echo one; echo two >&2');
    const all = new SocketClient('past', 'logs=1&stdout=1&stderr=1');
    await all.closed;
    expect(all.text.split('\n').toSorted()).toEqual(['', 'one', 'two']);
    const out = new SocketClient('past', 'logs=1&stdout=1');
    await out.closed;
    expect(out.text).toBe('one\n');
  });

  test.each([
    ['/v1.27', false],
    ['/v1.28', true],
  ])('of %s gets messages of its kind', async (version, isBinary) => {
    await docker('run', '--name', 'past', 'busybox', 'echo', 'one');
    const client = new SocketClient('past', 'logs=1&stdout=1', version);
    await client.closed;
    expect([client.text, client.isBinary]).toEqual(['one\n', isBinary]);
  });

  test('that leaves takes nothing from the container', async () => {
    await docker('run', '-di', '--name', 'chat', 'busybox', 'cat');
    const first = await SocketClient.open('chat', BOTH_WAYS);
    first.socket.terminate();
    await first.closed;
    const second = await SocketClient.open('chat', BOTH_WAYS);
    second.socket.send('still here\n');
    await second.shows(/still here\n/);
    second.socket.close();
    await second.closed;
  });

  test.runIf(SUBJECT === 'gantryd').each([
    ['nope', 404],
    ['frozen', 409],
  ])('to %s is refused with %i', async (name, status) => {
    await docker('run', '-d', '--name', 'frozen', 'busybox', 'sleep', '600');
    await docker('pause', 'frozen');
    const { socket } = new SocketClient(name, BOTH_WAYS);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain(String(status));
  });

  test.runIf(SUBJECT === 'gantryd')('is needed where one is asked for', async () => {
    await docker('create', '--name', 'new', 'busybox');
    const { status, text } = await subject.request('/containers/new/attach/ws?stream=1');
    expect([status, text]).toEqual([
      400,
      '{"message":"this path is for WebSocket clients alone"}\n',
    ]);
  });
});

describe('docker attach', () => {
  test('shows what a container writes last when a signal it is passed ends it', async () => {
    using recorder = await EventRecorder.open(subject.socket);
    const script = 'trap "seq 1 200; exit 3" INT; echo ready; while :; do sleep 0.02; done';
    const lines = Array.from({ length: 200 }, (_, index) => String(index + 1));
    for (const name of ['first', 'second', 'third']) {
      await docker('run', '-d', '--name', name, 'busybox', 'sh', '-c', script);
      const attached = subject.docker.start(['attach', '--no-stdin', name]);
      await recorder.until('attach', name);
      // Only output proves that the CLI listens for signals by now: it does before it reads.
      const nudge = 'kill -0 1; echo listening > /proc/1/fd/1';
      await docker('exec', name, 'sh', '-c', nudge);
      await attached.outputMatching(/listening/);
      attached.kill('SIGINT');
      const { stdout } = await attached.result;
      expect(stdout.split('\n').filter((line) => /^\d+$/.test(line))).toEqual(lines);
    }
  });

  test.each([
    ['frozen', 'container frozen is paused, unpause the container before attach'],
    ['loops', 'container loops is restarting, wait until the container is running'],
  ])('of %s is refused: %s', async (name, message) => {
    await docker('run', '-d', '--name', 'frozen', 'busybox', 'sleep', '600');
    await docker('pause', 'frozen');
    await docker('run', '-d', '--name', 'loops', '--restart', 'always', 'busybox', 'false');
    const refusal = async (): Promise<boolean> => {
      const path = `/containers/${name}/attach?stdout=1`;
      const { status, text } = await subject.request(path, { method: 'POST' });
      return status === 409 && text.includes(message);
    };
    await eventually('it is refused', refusal);
  });

  test('replays what was logged of the streams it is asked for', async () => {
    await docker('run', '--name', 'past', 'busybox', 'sh', '-c', 'echo one; echo two >&2');
    const replay = async (query: string): Promise<string> =>
      (await subject.request(`/containers/past/attach?${query}`, { method: 'POST' })).text;
    const frame = (stream: number, text: string): string =>
      `${String.fromCharCode(stream)}\0\0\0\0\0\0\x04${text}\n`;
    expect(await replay('logs=1&stdout=1')).toBe(frame(1, 'one'));
    expect(await replay('logs=1&stderr=1')).toBe(frame(2, 'two'));
    expect(await replay('logs=1')).toBe('');
    expect(await replay('stdout=1&stderr=1')).toBe('');
  });

  test('knows keys by name, and says so where it does not', async () => {
    await docker('create', '--name', 'new', 'busybox');
    const path = '/containers/new/attach?stdout=1&detachKeys=ctrl-%C3%A4';
    const { status, text } = await subject.request(path, { method: 'POST' });
    expect(status).toBe(400);
    expect(text).toContain('Invalid detach keys (ctrl-ä) provided');
  });
});
