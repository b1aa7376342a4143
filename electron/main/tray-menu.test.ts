import { describe, expect, it } from 'vitest';
import { inventContainer, inventContainers } from '../../test/fixtures/fake-world.ts';
import type { EngineStatus, HostState, WatchedContainer } from '../ipc/contract.ts';
import { textsFor } from './texts.ts';
import { planTrayMenu, type TrayEntry } from './tray-menu.ts';

const en = textsFor('en', 'zh-CN');

function stateOf(
  phase: EngineStatus['phase'],
  containers: readonly WatchedContainer[],
): Pick<HostState, 'engine' | 'watch'> {
  const engine: EngineStatus = {
    phase,
    stage: 'sync',
    stageStartedMs: 0,
    stageDeadlineMs: 0,
    attempt: 1,
    socket: '/s',
  };
  const summary = {
    version: '',
    apiVersion: '',
    instance: '',
    cpus: 1,
    memoryBytes: 1,
    dataRoot: '',
    warnings: [],
  };
  return { engine, watch: { kind: 'reset', engine: summary, containers, images: [] } };
}

function labels(entries: readonly TrayEntry[]): string[] {
  return entries.map((entry) => ('label' in entry ? entry.label : '---'));
}

describe('the tray menu', () => {
  it('shows the engine, what runs, and the way to the window and out', () => {
    const containers = ['beta', 'alpha'].map((name) => inventContainer({ name, image: 'x' }, 0));
    expect(labels(planTrayMenu(stateOf('ready', containers), en))).toEqual([
      'Engine running',
      'Running: 2',
      'alpha',
      'beta',
      '---',
      'Open Gantry',
      'Quit',
    ]);
  });

  it('stops and restarts what runs and starts what does not', () => {
    const running = inventContainer({ name: 'up', image: 'x' }, 0);
    const stopped = inventContainer({ name: 'down', image: 'x', state: 'exited' }, 0);
    const menus = planTrayMenu(stateOf('ready', [running, stopped]), en).flatMap((entry) =>
      entry.kind === 'menu' ? entry.entries : [],
    );
    expect(menus).toEqual([
      { kind: 'change', label: 'Stop', verb: 'stop', id: running.Id },
      { kind: 'change', label: 'Restart', verb: 'restart', id: running.Id },
      { kind: 'change', label: 'Start: down', verb: 'start', id: stopped.Id },
    ]);
  });

  it('offers no container of an engine that is gone', () => {
    const entries = planTrayMenu(stateOf('lost', inventContainers(3, 0)), en);
    expect(labels(entries)).toEqual(['Engine gone', '---', 'Open Gantry', 'Quit']);
  });

  it('stays of a size that fits a screen', () => {
    expect(planTrayMenu(stateOf('ready', inventContainers(1000, 0)), en).length).toBeLessThan(30);
  });

  it('speaks the chosen language, or the system’s', () => {
    expect(textsFor('system', 'zh-Hans-CN').quit).toBe('退出');
    expect(textsFor('system', 'de-DE').quit).toBe('Quit');
    expect(textsFor('zh', 'en').quit).toBe('退出');
  });
});
