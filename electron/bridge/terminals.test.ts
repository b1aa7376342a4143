import { describe, expect, it } from 'vitest';
import { openBridge, TestWindow } from '../../test/fixtures/bridge-fixture.ts';
import type { TestPort } from '../../test/fixtures/test-window.ts';
import { eventually } from '../../test/support/eventually.ts';
import { INITIAL_CREDIT, type TerminalOutput } from '../ipc/contract.ts';

const MIB = 1 << 20;

function textOf(port: TestPort<TerminalOutput>): string {
  const bytes = port.messages.flatMap((message) =>
    message.kind === 'data' ? [message.bytes] : [],
  );
  return Buffer.concat(bytes).toString('utf8');
}

function lengthOf(port: TestPort<TerminalOutput>): number {
  return port.messages.reduce(
    (sum, each) => sum + (each.kind === 'data' ? each.bytes.length : 0),
    0,
  );
}

function type(port: TestPort<TerminalOutput>, text: string): void {
  port.say({ type: 'message', message: new TextEncoder().encode(text) });
}

async function openTerminal(window: TestWindow, containerId: string) {
  const request = { containerId, shell: '/bin/sh', columns: 80, rows: 24 };
  const { terminalId } = await window.call('terminal.open', request);
  return { terminalId, port: window.open('terminal', { terminalId }) };
}

describe('terminals', () => {
  it('answer what is typed, grant as much input as was taken, and tell the exit code', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const { port } = await openTerminal(window, engine.find('scratchpad').Id);
    type(port, 'echo hello\r');
    await eventually('the answer', () => textOf(port).includes('\r\nhello\r\n'));
    expect(port.credits).toBe(1);
    type(port, 'exit 3\r');
    await eventually('the end', () => port.ended);
    expect(port.messages.at(-1)).toEqual({ kind: 'exit', exitCode: 3 });
  });

  it('go on without a window and show the next one what was printed meanwhile', async () => {
    const { fixture, engine, bridge, window } = await openBridge();
    await using _ = fixture;
    const { Id: containerId } = engine.find('scratchpad');
    const { terminalId, port } = await openTerminal(window, containerId);
    type(port, 'echo before\r');
    window.session.close();

    const next = new TestWindow(bridge);
    expect(await next.call('terminal.list', { containerId })).toEqual([
      { terminalId, containerId, shell: '/bin/sh', running: true },
    ]);
    const replay = next.open('terminal', { terminalId });
    await eventually('the replay', () => textOf(replay).includes('\r\nbefore\r\n'));
    type(replay, 'echo after\r');
    await eventually('the answer', () => textOf(replay).includes('\r\nafter\r\n'));
  });

  it('show every viewer the same', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const { terminalId, port } = await openTerminal(window, engine.find('scratchpad').Id);
    const second = window.open('terminal', { terminalId });
    type(second, 'ls\r');
    await eventually('the listing in both', () =>
      [port, second].every((viewer) => textOf(viewer).includes('usr   var')),
    );
    expect(textOf(second)).toBe(textOf(port));
  });

  it('replay at most the last MiB, from the start of a line', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const { terminalId, port } = await openTerminal(window, engine.find('scratchpad').Id);
    port.say({ type: 'credit', messages: 10_000 });
    type(port, 'flood 3\r');
    await eventually(
      'the flood',
      () => lengthOf(port) > 3 * MIB && textOf(port).endsWith('#\u001b[0m '),
    );
    const late = window.open('terminal', { terminalId });
    late.say({ type: 'credit', messages: 10_000 });
    await eventually('the replay', () => textOf(late).endsWith(textOf(port).slice(-1000)));
    expect(lengthOf(late)).toBeLessThanOrEqual(MIB);
    expect(lengthOf(late)).toBeGreaterThan(MIB - 4096);
    expect(textOf(late).slice(0, 16)).toBe('0123456789abcdef');
  });

  it('hold the process back while a viewer does not keep up, and lose nothing of it', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const { port } = await openTerminal(window, engine.find('scratchpad').Id);
    type(port, 'flood 16\r');
    await eventually('the credit to be used', () => port.messages.length === INITIAL_CREDIT);
    const [exec] = engine.execs.values();
    const written = exec?.shell?.writtenBytes ?? 0;
    expect(written).toBeLessThan(8 * MIB);

    port.say({ type: 'credit', messages: 10_000 });
    await eventually('the whole flood', () => lengthOf(port) > 16 * MIB);
    await eventually('the last byte', () => lengthOf(port) === exec?.shell?.writtenBytes);
  });

  it('take the size of the window', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const { terminalId, port } = await openTerminal(window, engine.find('scratchpad').Id);
    await window.call('terminal.resize', { terminalId, columns: 132, rows: 50 });
    type(port, 'size\r');
    await eventually('the size', () => textOf(port).includes('\r\n50 132\r\n'));
  });

  it('hang up their shell when they are closed, and are forgotten', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const { Id: containerId } = engine.find('scratchpad');
    const { terminalId, port } = await openTerminal(window, containerId);
    await eventually('the prompt', () => textOf(port).includes('#'));
    await window.call('terminal.close', { terminalId });
    expect(port.ended).toEqual({ error: undefined });
    const [shell] = engine.execs.values();
    expect(shell?.exitCode).toBe(129);
    expect(await window.call('terminal.list', { containerId })).toEqual([]);
    const again = window.open('terminal', { terminalId });
    expect(again.ended?.error?.code).toBe('not-found');
  });

  it('that have ended still show what they printed, until they are closed', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const { Id: containerId } = engine.find('scratchpad');
    const { terminalId, port } = await openTerminal(window, containerId);
    type(port, 'echo bye\rexit\r');
    await eventually('the end', () => port.ended);
    expect((await window.call('terminal.list', { containerId }))[0]?.running).toBe(false);
    const late = window.open('terminal', { terminalId });
    await eventually('the replay to end', () => late.ended);
    expect(textOf(late)).toContain('\r\nbye\r\n');
    expect(late.messages.at(-1)).toEqual({ kind: 'exit', exitCode: 0 });
  });

  it('end with an unknown exit code when the engine dies', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const { port } = await openTerminal(window, engine.find('scratchpad').Id);
    await engine.close();
    await eventually('the end', () => port.ended);
    expect(port.messages.at(-1)).toEqual({ kind: 'exit', exitCode: null });
  });

  it('are refused in a container that does not run', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    await expect(openTerminal(window, engine.find('blog-db-1').Id)).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('offer the shells that the container has', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const { Id: id } = engine.find('scratchpad');
    expect(await window.call('container.shells', { id })).toEqual(['/bin/ash', '/bin/sh']);
  });
});
