/** Restarts, signals, limits and waits: what happens to a container between its start and its end. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EventRecorder } from '../support/event-recorder.ts';
import { eventually } from '../support/eventually.ts';
import type { HttpAnswer } from '../support/unix-http.ts';
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
const inspect = (name: string, format: string): Promise<string> =>
  docker('inspect', '-f', format, name);
const post = (path: string, body?: object): Promise<HttpAnswer> =>
  subject.request(path, { method: 'POST', ...(body && { body }) });
const messageOf = (answer: HttpAnswer): string => (answer.json() as { message: string }).message;

const sleeper = (name: string, ...options: string[]): Promise<string> =>
  docker('run', '-d', '--name', name, ...options, 'busybox', 'sleep', '600');

/** Waits for its next start for ever longer: after some rounds for seconds. */
async function backingOff(name: string): Promise<void> {
  await docker('run', '-d', '--name', name, '--restart', 'always', 'busybox', 'false');
  await eventually(
    'long waits between starts',
    async () => Number(await inspect(name, '{{.RestartCount}}')) >= 5,
    60_000,
  );
  await eventually('it waits', async () => (await stateOf(name)) === 'restarting');
}

const stateOf = (name: string): Promise<string> => inspect(name, '{{.State.Status}}');

describe('a restart policy', () => {
  test('on-failure:2 starts a failing program twice more and counts it', async () => {
    const policy = ['--restart', 'on-failure:2'];
    await docker('run', '-d', '--name', 'fails', ...policy, 'busybox', 'sh', '-c', 'exit 3');
    await eventually('it gave up', async () => (await stateOf('fails')) === 'exited');
    const format = '{{.State.ExitCode}} {{.RestartCount}} {{.State.Restarting}}';
    expect(await inspect('fails', format)).toBe('3 2 false');
  });

  test('shows a container that waits as restarting, and leaves it alone once it is stopped', async () => {
    await backingOff('loops');
    await eventually('it is listed so', async () =>
      /^Restarting \(1\) .* ago$/.test(
        await docker('ps', '--filter', 'status=restarting', '--format', '{{.Status}}'),
      ),
    );
    const flags = '{{.State.Running}} {{.State.Restarting}} {{.State.Pid}}';
    await eventually(
      'it is inspected so',
      async () => (await inspect('loops', flags)) === 'true true 0',
    );
    expect((await post('/containers/loops/start')).status).toBe(304);
    using recorder = await EventRecorder.open(subject.socket);
    await docker('stop', 'loops');
    expect(await stateOf('loops')).toBe('exited');
    await recorder.until('stop', 'loops');
    await docker('rm', 'loops');
    await recorder.until('destroy', 'loops');
    expect(recorder.actions('loops').slice(-2)).toEqual(['stop', 'destroy']);
  });

  test('does not bring back what was killed while it waited', async () => {
    await backingOff('loops');
    expect((await post('/containers/loops/kill?signal=TERM')).status).toBe(204);
    await eventually('it has ended', async () => (await stateOf('loops')) === 'exited');
  });

  test('can be changed while the program runs, and holds for its next end', async () => {
    await sleeper('late');
    await docker('update', '--restart', 'always', 'late');
    const pid = Number(await inspect('late', '{{.State.Pid}}'));
    process.kill(pid, 'SIGKILL');
    await eventually('it runs again', async () => {
      const [running, now] = (await inspect('late', '{{.State.Running}} {{.State.Pid}}')).split(
        ' ',
      );
      return running === 'true' && Number(now) > 0 && Number(now) !== pid;
    });
    await docker('update', '--restart', 'no', 'late');
    process.kill(Number(await inspect('late', '{{.State.Pid}}')), 'SIGKILL');
    await eventually('it has ended', async () => (await stateOf('late')) === 'exited');
  });
});

describe('docker update', () => {
  const settings =
    '{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}} {{.HostConfig.Memory}} {{.HostConfig.CpuShares}}';

  test('changes what it names and nothing else', async () => {
    await sleeper('box', '--restart', 'on-failure:3', '--cpu-shares', '512');
    await docker('update', '--memory', '64m', '--memory-swap', '64m', 'box');
    expect(await inspect('box', settings)).toBe('on-failure:3 67108864 512');
    await docker('update', '--restart', 'unless-stopped', 'box');
    expect(await inspect('box', settings)).toBe('unless-stopped:0 67108864 512');
    await docker('update', '--cpu-shares', '256', 'box');
    expect(await inspect('box', settings)).toBe('unless-stopped:0 67108864 256');
    expect((await post('/containers/box/update', {})).status).toBe(200);
    expect(await inspect('box', settings)).toBe('unless-stopped:0 67108864 256');
    const shares = await docker('exec', 'box', 'cat', '/sys/fs/cgroup/cpu/cpu.shares');
    expect(shares).toBe('256');
  });

  test.each([
    [{ Memory: 1 }, 400, /^Minimum memory limit allowed is 6MB$/],
    [
      { Memory: 128 << 20 },
      409,
      /^Cannot update container \w+: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time$/,
    ],
    [
      { NanoCpus: 1e9 },
      409,
      /^Cannot update container \w+: Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set$/,
    ],
  ])('refuses %j', async (body, status, message) => {
    const limits = ['--memory', '64m', '--memory-swap', '64m', '--cpu-quota', '50000'];
    await docker('create', '--name', 'box', ...limits, 'busybox');
    const answer = await post('/containers/box/update', body);
    expect([answer.status, messageOf(answer)]).toEqual([status, expect.stringMatching(message)]);
  });

  test('refuses a restart policy for a container of --rm', async () => {
    await sleeper('brief', '--rm');
    const answer = await post('/containers/brief/update', { RestartPolicy: { Name: 'always' } });
    expect(messageOf(answer)).toContain('Restart policy cannot be updated because AutoRemove');
  });
});

describe('docker kill', () => {
  test('ends the container before it returns', async () => {
    await sleeper('short');
    await docker('kill', 'short');
    await docker('rm', 'short');
  });

  test('knows signals by name and by number', async () => {
    await sleeper('target');
    using recorder = await EventRecorder.open(subject.socket);
    const signals = ['SIGHUP', 'usr1', '12', 'SIGRTMIN+3', 'RTMAX-1', 'term'];
    for (const signal of signals)
      expect((await post(`/containers/target/kill?signal=${encodeURIComponent(signal)}`)).status) //
        .toBe(204);
    await eventually('all are told', () => recorder.events.length === signals.length);
    const told = recorder.events.map(({ Actor }) => Actor.Attributes['signal']);
    expect(told).toEqual(['1', '10', '12', '37', '63', '15']);
  });

  test('lets a paused container go on, so that it notices', async () => {
    await sleeper('frozen');
    await docker('pause', 'frozen');
    using recorder = await EventRecorder.open(subject.socket);
    await docker('kill', '-s', 'USR1', 'frozen');
    await recorder.until('unpause', 'frozen');
    expect(await stateOf('frozen')).toBe('running');
    await docker('pause', 'frozen');
    await docker('stop', '-t', '0', 'frozen');
    expect(await inspect('frozen', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 137');
  });

  const ENDS_ON_USR1 = [
    'sh',
    '-c',
    'trap "exit 3" USR1; touch /ready; while :; do sleep 0.05; done',
  ];
  const endsOnUsr1 = async (name: string, ...options: string[]): Promise<void> => {
    await docker('run', '-d', '--name', name, ...options, 'busybox', ...ENDS_ON_USR1);
    const isReady = async () =>
      (await subject.docker.run(['exec', name, 'test', '-e', '/ready'])).code === 0;
    await eventually('it listens', isReady);
  };

  test.each([
    ['always', [], 'exited 0'],
    ['always', ['--stop-signal', 'QUIT'], 'running 1'],
    ['on-failure', ['--stop-signal', 'QUIT'], 'running 1'],
    ['unless-stopped', ['--stop-signal', 'QUIT'], 'exited 0'],
  ])(
    'by a signal that ends a program of --restart %s %j leaves it %s',
    async (policy, options, outcome) => {
      await endsOnUsr1('listener', '--restart', policy, ...options);
      using recorder = await EventRecorder.open(subject.socket);
      await docker('kill', '-s', 'USR1', 'listener');
      await recorder.until(outcome.startsWith('running') ? 'start' : 'die', 'listener');
      expect(await inspect('listener', '{{.State.Status}} {{.RestartCount}}')).toBe(outcome);
    },
  );

  test('by another than its stop signal leaves a paused container paused', async () => {
    await endsOnUsr1('listener', '--stop-signal', 'QUIT');
    await docker('pause', 'listener');
    await docker('kill', '-s', 'USR1', 'listener');
    expect(await stateOf('listener')).toBe('paused');
    await docker('unpause', 'listener');
    expect(await docker('wait', 'listener')).toBe('3');
  });

  test.runIf(SUBJECT === 'gantryd').each([
    ['new', 'BOGUS', 400, 'cannot kill container: new: invalid signal: BOGUS'],
    ['new', 'TERM', 409, /^cannot kill container: new: container [0-9a-f]{64} is not running$/],
    ['nope', 'TERM', 404, 'cannot kill container: nope: No such container: nope'],
  ])('of %s with %s is refused with %i', async (name, signal, status, message) => {
    await docker('create', '--name', 'new', 'busybox');
    const answer = await post(`/containers/${name}/kill?signal=${signal}`);
    expect(answer.status).toBe(status);
    expect(messageOf(answer)).toMatch(message);
  });
});

describe('docker stop', () => {
  test('sends the signal and waits the time the container was made with', async () => {
    const own = ['--stop-signal', 'USR1', '--stop-timeout', '60'];
    const script = 'trap "exit 9" USR1; echo ready; while :; do sleep 0.05; done';
    await docker('run', '-d', '--name', 'own', ...own, 'busybox', 'sh', '-c', script);
    await eventually('it listens', async () => (await docker('logs', 'own')) === 'ready');
    await docker('stop', 'own');
    expect(await inspect('own', '{{.State.ExitCode}}')).toBe('9');
  });

  test('waits for ever with -t -1', async () => {
    const script = 'trap "sleep 1; exit 4" TERM; echo ready; while :; do sleep 0.05; done';
    await docker(
      'run',
      '-d',
      '--name',
      'slow',
      '--stop-timeout',
      '0',
      'busybox',
      'sh',
      '-c',
      script,
    );
    await eventually('it listens', async () => (await docker('logs', 'slow')) === 'ready');
    await docker('stop', '-t', '-1', 'slow');
    expect(await inspect('slow', '{{.State.ExitCode}}')).toBe('4');
  });
});

describe('docker rename', () => {
  test.each([
    ['other', 409, /^Error when allocating new name: Conflict\. The container name "\/other" is/],
    ['a/b', 400, /^Error when allocating new name: Invalid container name \(\/a\/b\), only/],
    ['/box', 400, 'Renaming a container with the same name as its current name'],
    ['', 400, 'Neither old nor new names may be empty'],
  ])('to %j is refused with %i', async (name, status, message) => {
    await docker('create', '--name', 'box', 'busybox');
    await docker('create', '--name', 'other', 'busybox');
    const answer = await post(`/containers/box/rename?name=${encodeURIComponent(name)}`);
    expect(answer.status).toBe(status);
    expect(messageOf(answer)).toMatch(message);
  });
});

describe('docker pause and unpause', () => {
  test('are refused where there is nothing to do', async () => {
    await docker('create', '--name', 'new', 'busybox');
    await sleeper('busy');
    await sleeper('frozen');
    await docker('pause', 'frozen');
    const rows: [string, number, RegExp][] = [
      ['new/pause', 409, /^container [0-9a-f]{64} is not running$/i],
      ['frozen/pause', 409, /^container [0-9a-f]{64} is already paused$/i],
      ['new/unpause', 500, /^Container [0-9a-f]{64} is not paused$/],
      ['busy/unpause', 500, /^Container [0-9a-f]{64} is not paused$/],
    ];
    for (const [path, status, message] of rows) {
      const answer = await post(`/containers/${path}`);
      expect([path, answer.status]).toEqual([path, status]);
      expect(messageOf(answer)).toMatch(message);
    }
  });
});

describe('a wait', () => {
  const waitFor = async (name: string, condition: string): Promise<number> =>
    (
      (await post(`/containers/${name}/wait?condition=${condition}`)).json() as {
        StatusCode: number;
      }
    ).StatusCode;

  test('for not-running answers at once where nothing runs', async () => {
    await docker('create', '--name', 'new', 'busybox', 'sh', '-c', 'exit 5');
    expect(await waitFor('new', 'not-running')).toBe(0);
    expect((await subject.docker.run(['start', '-a', 'new'])).code).toBe(5);
    expect(await waitFor('new', '')).toBe(5);
  });

  test('for next-exit and removed begins before the start', async () => {
    await docker('create', '--name', 'brief', '--rm', 'busybox', 'sh', '-c', 'exit 6');
    const waits = [waitFor('brief', 'next-exit'), waitFor('brief', 'removed')];
    await docker('start', 'brief');
    expect(await Promise.all(waits)).toEqual([6, 6]);
    expect((await subject.request('/containers/brief/json')).status).toBe(404);
  });

  test.runIf(SUBJECT === 'gantryd')('for anything else is refused', async () => {
    const answer = await post('/containers/nope/wait?condition=bogus');
    expect([answer.status, messageOf(answer)]).toEqual([400, 'invalid condition: "bogus"']);
  });
});

// Debian's dockerd marks it only at its end.
test.runIf(SUBJECT === 'gantryd')(
  'a container that ran out of memory says so while it goes on',
  async () => {
    using recorder = await EventRecorder.open(subject.socket);
    const hungry = 'x=a; while :; do x=$x$x; done';
    const script = `sh -c '${hungry}'; sleep 600`;
    const limits = ['--memory', '16m', '--memory-swap', '16m'];
    await docker('run', '-d', '--name', 'tight', ...limits, 'busybox', 'sh', '-c', script);
    await recorder.until('oom', 'tight');
    await eventually(
      'it is marked',
      async () =>
        (await inspect('tight', '{{.State.OOMKilled}} {{.State.Running}}')) === 'true true',
    );
    await docker('rm', '-f', 'tight');
    await recorder.until('destroy', 'tight');
    expect(recorder.actions('tight').filter((action) => action === 'oom')).toHaveLength(1);
  },
);

test.runIf(SUBJECT === 'gantryd')('checkpoints are refused with 501 and the reason', async () => {
  await docker('create', '--name', 'box', 'busybox');
  const requests: [string, string][] = [
    ['GET', '/containers/box/checkpoints'],
    ['POST', '/containers/box/checkpoints'],
    ['DELETE', '/containers/box/checkpoints/first'],
    ['POST', '/containers/box/start?checkpoint=first'],
  ];
  for (const [method, path] of requests) {
    const answer = await subject.request(path, { method });
    expect([path, answer.status]).toEqual([path, 501]);
    expect(messageOf(answer)).toContain('checkpoints are not supported');
  }
});
