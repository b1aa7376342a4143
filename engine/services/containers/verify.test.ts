import { expect, test } from 'vitest';
import { containerConfig, hostConfig } from '../../contract/containers.ts';
import type { Facilities } from './verify.ts';
import { verifyConfig } from './verify.ts';

const FACILITIES = {
  cgroups: { version: 1, memoryLimit: true, pidsLimit: true },
  machine: { cpuCount: 2 },
} as unknown as Facilities;

const verify = (host: object, config: object = {}) =>
  verifyConfig(
    containerConfig.parse(config),
    hostConfig.parse({ CgroupnsMode: 'host', ...host }),
    FACILITIES,
  );

test('a plain container raises nothing', () => {
  expect(verify({})).toEqual([]);
});

test.each([
  [{ Memory: 1024 }, {}, 'Minimum memory limit allowed is 6MB'],
  [{ MemorySwap: 1 << 30 }, {}, 'You should always set the Memory limit'],
  [{ NanoCpus: 3e9 }, {}, 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [{ NanoCpus: 1e9, CpuPeriod: 5000 }, {}, 'Nano CPUs and CPU Period cannot both be set'],
  [{ RestartPolicy: { Name: 'sometimes' } }, {}, "unknown policy 'sometimes'"],
  [
    { RestartPolicy: { Name: 'always', MaximumRetryCount: 2 } },
    {},
    "can only be used with 'on-failure'",
  ],
  [
    { AutoRemove: true, RestartPolicy: { Name: 'always' } },
    {},
    "can't create 'AutoRemove' container with restart policy",
  ],
  [{ PidMode: 'mine' }, {}, 'invalid PID mode: mine'],
  [{ IpcMode: 'mine' }, {}, 'invalid IPC mode: mine'],
  [{ OomScoreAdj: -2000 }, {}, 'range for oom score adj is [-1000, 1000]'],
  [{ ShmSize: -1 }, {}, 'SHM size can not be less than 0'],
  [{ LogConfig: { Type: 'fluentd' } }, {}, "logger: no log driver named 'fluentd' is registered"],
  [{ SecurityOpt: ['nosuch=1'] }, {}, 'invalid --security-opt 2: "nosuch=1"'],
  [
    { DeviceRequests: [{ Driver: 'nvidia', Capabilities: [['gpu']] }] },
    {},
    'could not select device driver "nvidia" with capabilities: [["gpu"]]',
  ],
  [
    {},
    { WorkingDir: 'relative' },
    "the working directory 'relative' is invalid, it needs to be an absolute path",
  ],
  [{}, { StopSignal: 'SIGNO' }, 'invalid signal: SIGNO'],
  [{}, { Env: ['=x'] }, 'invalid environment variable: =x'],
])('%o %o is refused: %s', (host, config, message) => {
  expect(() => verify(host, config)).toThrow(message);
});

test('ports on the host’s own network are only worth a warning', () => {
  expect(verify({ NetworkMode: 'host', PortBindings: { '80/tcp': null } })).toEqual([
    'Published ports are discarded when using host network mode',
  ]);
});
