import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BridgeFixture, TestWindow } from '../../test/fixtures/bridge-fixture.ts';
import { FakeEngine } from '../../test/fixtures/fake-engine.ts';
import { eventually } from '../../test/support/eventually.ts';
import { EngineClient } from '../client/engine-client.ts';
import { EngineProblem, type EngineHost, type EnginePresence } from '../engine-host/engine-host.ts';
import { NativeEngineHost } from '../engine-host/native-engine-host.ts';
import type { EngineStatus } from '../ipc/contract.ts';
import { EngineSession } from './engine-session.ts';

/** A host whose engine is as the test says. */
class StagedHost implements EngineHost {
  readonly address;
  readonly isStartable = true;
  presence: EnginePresence | EngineProblem = 'absent';
  starts = 0;
  onStart: () => Promise<void> = async () => {
    throw new EngineProblem('it cannot be started', 'engine-exited');
  };
  #listeners = new Set<() => void>();

  constructor(socketPath: string) {
    this.address = { socketPath };
  }

  async locate(): Promise<EnginePresence> {
    if (typeof this.presence === 'string') return this.presence;
    throw this.presence;
  }

  async start(): Promise<void> {
    this.starts++;
    await this.onStart();
  }

  async logTail(): Promise<readonly string[]> {
    return ['last words'];
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stir(): void {
    for (const listener of this.#listeners) listener();
  }
}

async function openSession() {
  const fixture = await BridgeFixture.open();
  const host = new StagedHost(fixture.socketPath);
  const statuses: EngineStatus[] = [];
  const client = new EngineClient(host.address);
  const session = new EngineSession(host, client, {
    onStatus: (status) => statuses.push(status),
    onWatch: () => {},
  });
  const running = session.run();
  const reached = (phase: EngineStatus['phase']) =>
    eventually(phase, () => statuses.at(-1)?.phase === phase && statuses.at(-1));
  return {
    fixture,
    host,
    session,
    statuses,
    reached,
    async [Symbol.asyncDispose]() {
      session.close();
      await fixture[Symbol.asyncDispose]();
      await running;
    },
  };
}

describe('the engine session', () => {
  it('starts an engine that is not there, and names each stage on the way', async () => {
    await using it = await openSession();
    it.host.onStart = async () => {
      await it.fixture.startEngine();
      it.host.presence = 'answering';
    };
    const ready = await it.reached('ready');
    expect(it.statuses.map(({ stage, phase }) => `${phase} ${stage}`)).toEqual([
      'starting locate',
      'starting start',
      'starting sync',
      'ready sync',
    ]);
    expect(ready.engine?.version).toBe('0.1.0');
    for (const { stageStartedMs, stageDeadlineMs } of it.statuses)
      expect(stageDeadlineMs).toBeGreaterThan(stageStartedMs);
  });

  it('says what failed, with the end of the log and what to do', async () => {
    await using it = await openSession();
    const failed = await it.reached('failed');
    expect(failed).toMatchObject({
      stage: 'start',
      problem: {
        message: 'it cannot be started',
        hint: 'engine-exited',
        logTail: ['last words'],
      },
    });
  });

  it('does not start an engine again and again that cannot start; retry() does', async () => {
    await using it = await openSession();
    await it.reached('failed');
    it.host.stir();
    it.host.stir();
    expect(it.host.starts).toBe(1);
    it.session.retry();
    await eventually('another start', () => it.host.starts === 2);
  });

  it('notices by itself that the engine is there', async () => {
    await using it = await openSession();
    await it.reached('failed');
    await it.fixture.startEngine();
    it.host.presence = 'answering';
    it.host.stir();
    await it.reached('ready');
  });

  it('starts an engine again that crashed, but not one that was stopped in order', async () => {
    await using it = await openSession();
    it.host.onStart = async () => {
      await it.fixture.startEngine();
      it.host.presence = 'answering';
    };
    await it.reached('ready');
    it.host.presence = 'crashed';
    await it.fixture.engine?.close();
    await it.reached('lost');
    await it.reached('ready');
    expect(it.host.starts).toBe(2);

    it.host.presence = 'absent';
    await it.fixture.engine?.close();
    await it.reached('lost');
    await eventually('the reason', () => it.statuses.at(-1)?.problem?.hint === 'socket-missing');
    expect(it.host.starts).toBe(2);
  });

  it('says that the user may not reach the engine', async () => {
    await using it = await openSession();
    it.host.presence = new EngineProblem('permission denied', 'not-in-group');
    it.session.retry();
    await eventually('the hint', () => it.statuses.at(-1)?.problem?.hint === 'not-in-group');
  });
});

describe('the native engine host', () => {
  it('is heard when the socket appears and when the engine stops in order', async () => {
    await using fixture = await BridgeFixture.open();
    fixture.bridge.start();
    const window = new TestWindow(fixture.bridge);
    await window.link.waitFor('engine', 'the failure', ({ phase }) => phase === 'failed');
    await writeFile(path.join(fixture.folder, 'engine.log'), 'one\ntwo\n');
    await fixture.startEngine();
    await window.link.waitFor('engine', 'the recovery', ({ phase }) => phase === 'ready');

    await fixture.engine?.close(); // takes its socket with it
    const stopped = await window.link.waitFor(
      'engine',
      'the stop',
      ({ phase, problem }) => phase === 'lost' && problem?.hint === 'socket-missing',
    );
    expect(stopped.problem?.logTail).toEqual(['one', 'two']);
  });

  it('tells an engine that was killed from one that was stopped', async () => {
    await using fixture = await BridgeFixture.open();
    const script = path.resolve(import.meta.dirname, '../../test/fixtures/fake-engine.ts');
    const engine = spawn(process.execPath, [script, `--socket=${fixture.socketPath}`]);
    await once(engine.stdout, 'data');
    const host = new NativeEngineHost({ socketPath: fixture.socketPath });
    const signal = AbortSignal.timeout(5000);
    expect(await host.locate(signal)).toBe('answering');
    engine.kill('SIGKILL');
    await once(engine, 'exit');
    expect(await host.locate(signal)).toBe('crashed');
    await rm(fixture.socketPath);
    expect(await host.locate(signal)).toBe('absent');
  });

  it('follows an engine through many lives', async () => {
    await using fixture = await BridgeFixture.open();
    fixture.bridge.start();
    const window = new TestWindow(fixture.bridge);
    for (let life = 1; life <= 3; life++) {
      const engine = await FakeEngine.listen({ socketPath: fixture.socketPath });
      await eventually(`life ${life}`, () => {
        const last = window.link.all('engine').at(-1);
        return last?.phase === 'ready' && engine.watcherCount === 1;
      });
      await engine.close();
      await eventually(`death ${life}`, () => window.link.all('engine').at(-1)?.phase === 'lost');
    }
  });
});
