import { describe, expect, it } from 'vitest';
import { openBridge } from '../../test/fixtures/bridge-fixture.ts';
import { eventually } from '../../test/support/eventually.ts';
import { INITIAL_CREDIT } from '../ipc/contract.ts';

const LINES = 200_000;

describe('log streams', () => {
  it('stop the engine while the window grants nothing, and lose nothing', async () => {
    const { fixture, engine, window } = await openBridge({ logLines: LINES });
    await using _ = fixture;
    const { Id: id } = engine.find('blog-db-1'); // it has ended, so its log does
    const port = window.open('log.follow', { id, after: 0 });
    await eventually('the first credit to be used', () => port.messages.length === INITIAL_CREDIT);
    const written = await settled(() => engine.followedLines);
    expect(port.messages).toHaveLength(INITIAL_CREDIT);
    expect(written).toBeLessThan(LINES / 2);

    port.say({ type: 'credit', messages: 10_000 });
    await eventually('the end', () => port.ended);
    expect(port.ended).toEqual({ error: undefined });
    const cursors = port.messages.flatMap(({ lines }) => lines.map(({ cursor }) => cursor));
    expect(cursors).toHaveLength(LINES);
    expect(new Set(cursors).size).toBe(LINES);
  });

  it('carry lines as they are written, until the window closes them', async () => {
    const { fixture, engine, window } = await openBridge({ logLines: 10 });
    await using _ = fixture;
    const { Id: id } = engine.find('busy');
    const { end } = await window.call('container.logPage', { id, lines: 5 });
    const port = window.open('log.follow', { id, after: end });
    engine.log('busy', 'first', 'second');
    await eventually('both lines', () => port.messages.flatMap(({ lines }) => lines).length === 2);
    port.say({ type: 'close' });
    await eventually('the engine’s stream to end', () => engine.openFollows === 0);
    expect(port.ended).toBeUndefined();
  });

  it('end when their window dies, in the engine too', async () => {
    const { fixture, engine, window } = await openBridge({ logLines: 10 });
    await using _ = fixture;
    for (const name of ['busy', 'scratchpad', 'shop-web-1'])
      window.open('log.follow', { id: engine.find(name).Id, after: 0 });
    await eventually('three streams', () => engine.openFollows === 3);
    window.session.close();
    await eventually('no streams', () => engine.openFollows === 0);
  });

  it('end with the reason when the engine refuses', async () => {
    const { fixture, window } = await openBridge();
    await using _ = fixture;
    const port = window.open('log.follow', { id: 'nobody', after: 0 });
    await eventually('the end', () => port.ended);
    expect(port.ended?.error).toEqual({
      code: 'not-found',
      message: 'No such container: nobody',
    });
  });

  it('end as engine-gone when the engine dies in the middle', async () => {
    const { fixture, engine, window } = await openBridge({ logLines: 10 });
    await using _ = fixture;
    const port = window.open('log.follow', { id: engine.find('busy').Id, after: 0 });
    await eventually('a page', () => port.messages.length > 0);
    await engine.close();
    await eventually('the end', () => port.ended);
    expect(port.ended?.error?.code).toBe('engine-gone');
  });

  it('end when the window says what is no frame', async () => {
    const { fixture, engine, window } = await openBridge({ logLines: 10 });
    await using _ = fixture;
    const port = window.open('log.follow', { id: engine.find('busy').Id, after: 0 });
    port.say({ type: 'credit', messages: -5 });
    expect(port.ended?.error?.code).toBe('invalid-argument');
  });

  it('bring hits of a search and how far it came', async () => {
    const { fixture, window } = await openBridge({ logLines: 500 });
    await using _ = fixture;
    const port = window.open('log.search', {
      id: 'busy',
      query: 'POST',
      regex: false,
      matchCase: true,
      limit: 5,
    });
    await eventually('the end', () => port.ended);
    expect(port.messages.filter(({ kind }) => kind === 'hit')).toHaveLength(5);
    expect(port.messages.at(-1)).toMatchObject({ kind: 'progress', done: true, limited: true });
  });
});

/** A number once it has stopped changing. */
async function settled(read: () => number): Promise<number> {
  let last = read();
  let since = Date.now();
  await eventually('the number to settle', () => {
    if (read() !== last) {
      last = read();
      since = Date.now();
    }
    return Date.now() - since > 200;
  });
  return last;
}
