import { describe, expect, test } from 'vitest';
import { containerConfig, hostConfig } from '../../contract/containers.ts';
import { commandOf, fillHostConfig, mergeConfig } from './create-config.ts';

const IMAGE = {
  User: 'web',
  Env: ['PATH=/bin', 'A=image'],
  Entrypoint: ['/entry'],
  Cmd: ['default'],
  WorkingDir: '/app',
  Labels: { from: 'image', both: 'image' },
  ExposedPorts: { '80/tcp': {} },
  Volumes: { '/data': {} },
  StopSignal: 'SIGQUIT',
};

const merge = (request: object) => mergeConfig(containerConfig.parse(request), IMAGE);

describe('mergeConfig()', () => {
  test('takes from the image what the request leaves open', () => {
    expect(merge({})).toMatchObject({
      User: 'web',
      Env: ['PATH=/bin', 'A=image'],
      WorkingDir: '/app',
      Labels: { from: 'image', both: 'image' },
      ExposedPorts: { '80/tcp': {} },
      Volumes: { '/data': {} },
      StopSignal: 'SIGQUIT',
    });
  });

  test('has the request’s variables and labels over the image’s', () => {
    const merged = merge({ Env: ['A=mine', 'B=2'], Labels: { both: 'mine' } });
    expect(merged.Env).toEqual(['A=mine', 'B=2', 'PATH=/bin']);
    expect(merged.Labels).toEqual({ from: 'image', both: 'mine' });
  });

  test.each([
    { request: {}, command: ['/entry', 'default'] },
    { request: { Cmd: ['own'] }, command: ['/entry', 'own'] },
    { request: { Entrypoint: ['/mine'] }, command: ['/mine'] },
    { request: { Entrypoint: ['/mine'], Cmd: ['a', 'b'] }, command: ['/mine', 'a', 'b'] },
    { request: { Entrypoint: [''], Cmd: ['own'] }, command: ['own'] },
    { request: { Entrypoint: '/word' }, command: ['/word'] },
  ])('$request runs $command', ({ request, command }) => {
    expect(commandOf(merge(request))).toEqual(command);
  });

  test('refuses a container without a command', () => {
    expect(() => mergeConfig(containerConfig.parse({}), {})).toThrow('no command specified');
    expect(() => merge({ Entrypoint: [''] })).toThrow('no command specified');
  });
});

describe('fillHostConfig()', () => {
  const defaults = {
    runtime: 'crun',
    cgroupVersion: 1 as const,
    logDriver: 'json-file',
    logOptions: { 'max-size': '1m' },
    shmSizeBytes: 1024,
    extraMaskedPaths: ['/sys/x'],
  };
  const fill = (request: object) => fillHostConfig(hostConfig.parse(request), defaults);

  test('fills in what dockerd shows on inspect', () => {
    expect(fill({})).toMatchObject({
      Runtime: 'crun',
      CgroupnsMode: 'host',
      ShmSize: 1024,
      NetworkMode: 'bridge',
      IpcMode: 'private',
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      MaskedPaths: expect.arrayContaining(['/proc/kcore', '/sys/x']) as string[],
      ReadonlyPaths: expect.arrayContaining(['/proc/sys']) as string[],
      Binds: null,
      Dns: [],
    });
  });

  test('gives as much swap as memory, and leaves an explicit choice alone', () => {
    expect(fill({ Memory: 100 }).MemorySwap).toBe(200);
    expect(fill({ Memory: 100, MemorySwap: -1 }).MemorySwap).toBe(-1);
  });

  test('masks nothing for a privileged container, or where the request says so', () => {
    expect(fill({ Privileged: true }).MaskedPaths).toBeNull();
    expect(fill({ MaskedPaths: [], ReadonlyPaths: [] })).toMatchObject({
      MaskedPaths: [],
      ReadonlyPaths: [],
    });
  });
});
