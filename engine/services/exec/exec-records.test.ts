import { describe, expect, it } from 'vitest';
import { execCreateBody } from '../../contract/exec.ts';
import { ExecRecords, type Exec } from './exec-records.ts';

function exec(id: string, phase: Exec['phase'], more: object = {}): Exec {
  return {
    id,
    containerId: 'c',
    body: execCreateBody.parse({ Cmd: ['true'], ...more }),
    detachKeys: Buffer.alloc(0),
    phase,
    exitCode: null,
    process: undefined,
    consoleSize: undefined,
  };
}

const idsOf = (records: ExecRecords) => records.ofContainer('c').map(({ id }) => id);

describe('exec records', () => {
  it('forget the oldest that ended, then the oldest never started', () => {
    const records = new ExecRecords({ records: 4, bytes: 1 << 20 });
    records.add(exec('waits', 'created'));
    records.add(exec('ran', 'ended'));
    records.add(exec('runs', 'running'));
    records.add(exec('ran too', 'ended'));
    records.add(exec('a', 'created'));
    expect(idsOf(records)).toEqual(['waits', 'runs', 'ran too', 'a']);
    records.add(exec('b', 'created'));
    expect(idsOf(records)).toEqual(['waits', 'runs', 'a', 'b']);
    records.add(exec('d', 'created'));
    expect(idsOf(records)).toEqual(['runs', 'a', 'b', 'd']);
  });

  it('never forget what runs, but refuse more', () => {
    const records = new ExecRecords({ records: 1, bytes: 1 << 20 });
    records.add(exec('runs', 'running'));
    expect(() => records.add(exec('more', 'created'))).toThrow('too many exec commands');
    expect(idsOf(records)).toEqual(['runs']);
  });

  it('hold no more bytes than allowed, however large the bodies', () => {
    const records = new ExecRecords();
    const Env = ['x'.repeat(4 << 20)];
    for (let index = 0; index < 100; index++) records.add(exec(`e${index}`, 'created', { Env }));
    expect(idsOf(records)).toEqual(['e99']);
  });

  it('count a program that runs without its environment', () => {
    const records = new ExecRecords();
    for (let index = 0; index < 100; index++) {
      const one = exec(`e${index}`, 'created', { Env: ['x'.repeat(4 << 20)] });
      records.add(one);
      one.phase = 'running';
      records.shrink(one);
    }
    expect(idsOf(records)).toHaveLength(100);
  });
});
