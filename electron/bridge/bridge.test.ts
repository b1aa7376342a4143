import { describe, expect, it } from 'vitest';
import { openBridge, BridgeFixture, TestWindow } from '../../test/fixtures/bridge-fixture.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { WatchChange } from '../ipc/contract.ts';

function changesOf(window: TestWindow): WatchChange[] {
  return window.link.all('watch').flat();
}

describe('the bridge', () => {
  it('tells a window the whole state, then every change', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const [reset] = changesOf(window);
    expect(reset?.kind === 'reset' && reset.containers.length).toBe(engine.containers.size);

    engine.change('scratchpad', { State: 'paused' });
    await window.link.waitFor('watch', 'the change', (changes) =>
      changes.some(({ kind }) => kind === 'container'),
    );
    expect(changesOf(window).at(-1)).toMatchObject({ value: { State: 'paused' } });
  });

  it('answers a window that loads late with what it knows already', async () => {
    const { fixture, engine, bridge } = await openBridge();
    await using _ = fixture;
    const late = new TestWindow(bridge);
    const state = await late.call('state.read', undefined);
    expect(state.engine.phase).toBe('ready');
    expect(state.watch?.kind === 'reset' && state.watch.images.length).toBe(engine.images.size);
    expect(engine.watcherCount).toBe(1); // one connection, however many windows
  });

  it('says that the engine is gone, and starts over with its new state when it is back', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    await engine.close();
    const lost = await window.link.waitFor('engine', 'the loss', ({ phase }) => phase === 'lost');
    expect(lost.problem?.message).toBeTruthy();
    await expect(window.call('container.start', { id: 'busy' })).rejects.toMatchObject({
      code: 'engine-gone',
    });

    const again = await fixture.startEngine();
    again.containers.clear();
    await eventually('the new state', () => {
      const last = changesOf(window).at(-1);
      return last?.kind === 'reset' && last.containers.length === 0;
    });
    expect(window.link.all('engine').at(-1)?.phase).toBe('ready');
  });

  it('sends a window that fell behind the whole state instead of a growing queue', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const before = changesOf(window).length;
    const other = new TestWindow(fixture.bridge);
    window.link.congested = true;
    engine.change('scratchpad', { State: 'paused' });
    await other.link.waitFor('watch', 'the change elsewhere', () => true);
    expect(changesOf(window)).toHaveLength(before);

    window.link.congested = false;
    window.session.onDrained();
    const last = changesOf(window).at(-1);
    expect(last?.kind === 'reset' && last.containers.some(({ State }) => State === 'paused')).toBe(
      true,
    );
  });

  it('does what a click asks for, and takes a container that is so already for success', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    await window.call('container.stop', { id: 'busy' });
    await window.call('container.stop', { id: 'busy' });
    expect(engine.find('busy').State).toBe('exited');
    await window.call('container.rename', { id: 'busy', name: 'idle' });
    await expect(window.call('container.start', { id: 'busy' })).rejects.toMatchObject({
      code: 'not-found',
      message: 'No such container: busy',
    });
    await window.call('container.remove', { id: 'idle', force: false, volumes: false });
    expect(engine.requests).toContain(`DELETE /containers/idle`);
  });

  it('runs a container, and leaves nothing of one that does not start', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const request = {
      image: 'alpine:3.20',
      name: 'fine',
      command: ['sleep', '9'],
      ports: [{ hostAddress: '', hostPort: 0, containerPort: 80, protocol: 'tcp' as const }],
      environment: ['A=b'],
      mounts: [],
      tty: false,
      removeOnExit: true,
    };
    const { id } = await window.call('container.run', request);
    expect(engine.find(id)).toMatchObject({ State: 'running', Command: 'sleep 9' });
    await expect(window.call('container.run', { ...request, name: 'unstartable' })).rejects.toThrow(
      'port is already allocated',
    );
    expect(() => engine.find('unstartable')).toThrow('No such container');
  });

  it('tells a run form what an image brings along', async () => {
    const { fixture, window } = await openBridge();
    await using _ = fixture;
    expect(await window.call('image.inspect', { id: 'nginx:1.27-alpine' })).toMatchObject({
      exposedPorts: ['80/tcp'],
      entrypoint: ['/docker-entrypoint.sh'],
    });
  });

  it('refuses what no window of ours would send', async () => {
    const { fixture, engine, window } = await openBridge();
    await using _ = fixture;
    const asked = engine.requests.length;
    const hostile: [unknown, unknown][] = [
      ['container.start', { id: '../../images/prune' }],
      ['container.start', { id: 'a/../b' }],
      ['container.start', {}],
      ['container.rename', { id: 'busy', name: 'a b' }],
      ['image.remove', { reference: '../x', force: true }],
      ['image.pull', { reference: 'UPPER CASE' }],
      ['external.open', { url: 'file:///etc/passwd' }],
      ['external.open', { url: 'javascript:alert(1)' }],
      ['settings.write', { theme: 'pink' }],
      ['container.logPage', { id: 'busy', lines: 1e9 }],
      ['constructor', {}],
      ['__proto__', {}],
      [undefined, undefined],
    ];
    for (const [name, argument] of hostile)
      expect(await window.session.call(name, argument), String(name)).toMatchObject({
        ok: false,
        error: { code: 'invalid-argument' },
      });
    const port = window.open('terminal', { terminalId: '../x' });
    expect(port.ended?.error?.code).toBe('invalid-argument');
    expect(engine.requests).toHaveLength(asked);
  });

  it('keeps settings, and tells every window of a change', async () => {
    const { fixture, window } = await openBridge();
    await using _ = fixture;
    const other = new TestWindow(fixture.bridge);
    await window.call('settings.write', { theme: 'dark' });
    expect(other.link.all('settings')).toEqual([{ theme: 'dark', language: 'system' }]);
    expect(await window.call('settings.read', undefined)).toMatchObject({ theme: 'dark' });
  });

  it('answers calls that need no engine while there is none', async () => {
    await using fixture = await BridgeFixture.open();
    fixture.bridge.start();
    const window = new TestWindow(fixture.bridge);
    const failed = await window.link.waitFor(
      'engine',
      'the failure',
      ({ phase }) => phase === 'failed',
    );
    expect(failed.problem?.hint).toBe('socket-missing');
    expect((await window.call('state.read', undefined)).watch).toBeNull();
    expect((await window.call('engine.diagnostics', undefined)).text).toContain(fixture.socketPath);
  });
});
