import { expect, test } from 'vitest';
import { INITIAL_CREDIT, type StreamFrame } from '../../electron/ipc/contract.ts';
import { BridgeStream, type FramePort } from './stream.ts';

class TestPort implements FramePort<string, string> {
  readonly posted: StreamFrame<string>[] = [];
  deliver: (frame: StreamFrame<string>) => void = () => {};

  post(frame: StreamFrame<string>): void {
    this.posted.push(frame);
  }

  onFrame(listener: (frame: StreamFrame<string>) => void): void {
    this.deliver = listener;
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const creditOf = (port: TestPort) =>
  port.posted.reduce((sum, frame) => sum + (frame.type === 'credit' ? frame.messages : 0), 0);

function open(onMessage: (message: string) => void | Promise<void> = () => {}) {
  const port = new TestPort();
  const ends: (string | undefined)[] = [];
  const stream = new BridgeStream(port, {
    onMessage,
    onEnd: (error) => ends.push(error?.code),
  });
  return { port, stream, ends };
}

test('credit goes back for messages that were taken in, and for no others', async () => {
  let release = () => {};
  const { port } = open(() => new Promise<void>((resolve) => (release = resolve)));
  for (let at = 0; at < INITIAL_CREDIT; at += 1) port.deliver({ type: 'message', message: 'x' });
  await settled();
  expect(creditOf(port)).toBe(0);
  release();
  await settled();
  expect(creditOf(port)).toBe(0);
});

test('a handler that keeps up gives the host its whole credit back', async () => {
  const { port } = open();
  for (let at = 0; at < INITIAL_CREDIT; at += 1) {
    port.deliver({ type: 'message', message: 'x' });
    await settled();
  }
  expect(creditOf(port)).toBe(INITIAL_CREDIT);
});

test('what is sent beyond the credit waits for more of it, in order', () => {
  const { port, stream } = open();
  for (let at = 0; at < INITIAL_CREDIT + 2; at += 1) stream.send(String(at));
  expect(port.posted).toHaveLength(INITIAL_CREDIT);
  port.deliver({ type: 'credit', messages: 5 });
  expect(port.posted.at(-1)).toEqual({ type: 'message', message: String(INITIAL_CREDIT + 1) });
});

test('a stream ends once, with the error of the host', () => {
  const { port, ends } = open();
  port.deliver({ type: 'end', error: { code: 'engine-gone', message: 'gone' } });
  port.deliver({ type: 'end' });
  expect(ends).toEqual(['engine-gone']);
});

test('after close() nothing is delivered, sent or told', () => {
  const messages: string[] = [];
  const { port, stream, ends } = open((message) => void messages.push(message));
  stream.close();
  stream.close();
  port.deliver({ type: 'message', message: 'late' });
  port.deliver({ type: 'end' });
  stream.send('late');
  expect(port.posted).toEqual([{ type: 'close' }]);
  expect([messages, ends]).toEqual([[], []]);
});
