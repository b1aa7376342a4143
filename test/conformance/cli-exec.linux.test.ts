/** `docker exec` beyond the plain case: who and where, what cannot run, terminals, and restarts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExecInspect } from '../../engine/contract/exec.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.docker.ok('pull', '--quiet', 'busybox');
  await engine.docker.ok(
    ...['run', '-d', '--name', 'box', '-e', 'FROM=container', '-w', '/var', 'busybox'],
    ...['sleep', '600'],
  );
});
afterAll(() => engine.close());

interface Ran {
  readonly status: number;
  readonly text: string;
  readonly exitCode: number | null;
}

/** Runs to the end through the API of a client that does not upgrade; the text without frames. */
async function exec(body: object): Promise<Ran> {
  const id = await create({ AttachStdout: true, AttachStderr: true, ...body });
  const { status, text } = await engine.request(`/exec/${id}/start`, { method: 'POST', body: {} });
  const exitCode = (await inspect(id)).ExitCode;
  // eslint-disable-next-line no-control-regex
  return { status, text: text.replaceAll(/[\x01\x02]\0\0\0.{4}/gs, ''), exitCode };
}

async function create(body: object): Promise<string> {
  const answer = await engine.request('/containers/box/exec', { method: 'POST', body });
  expect(answer.status).toBe(201);
  return (answer.json() as { Id: string }).Id;
}

async function inspect(id: string): Promise<ExecInspect> {
  return (await engine.request(`/exec/${id}/json`)).json() as ExecInspect;
}

const FAILED = 'OCI runtime exec failed: exec failed: ';

describe('an exec', () => {
  test.each([
    { body: { Cmd: ['id', '-Gn'], User: 'nobody' }, text: 'nogroup staff\n' },
    {
      body: { Cmd: ['id'], User: 'nobody:staff' },
      text: 'uid=65534(nobody) gid=50(staff) groups=50(staff)\n',
    },
    { body: { Cmd: ['id'], User: '12:34' }, text: 'uid=12 gid=34 groups=34\n' },
    { body: { Cmd: ['id'], User: '12' }, text: 'uid=12 gid=0(root) groups=0(root)\n' },
    { body: { Cmd: ['pwd'] }, text: '/var\n' },
    { body: { Cmd: ['pwd'], WorkingDir: '/tmp' }, text: '/tmp\n' },
    { body: { Cmd: ['sh', '-c', 'echo $FROM $OWN'], Env: ['OWN=1=2'] }, text: 'container 1=2\n' },
    { body: { Cmd: ['sh', '-c', 'echo $FROM'], Env: ['FROM=exec'] }, text: 'exec\n' },
    { body: { Cmd: 'pwd' }, text: '/var\n' },
    { body: { Cmd: ['sh', '-c', 'echo $HOME'] }, text: '/root\n' },
    { body: { Cmd: ['sh', '-c', 'echo $HOME'], User: '1000' }, text: '/\n' },
  ])('$body', async ({ body, text }) => {
    const ran = await exec(body);
    const sorted = (it: string) =>
      text.startsWith('nogroup') ? it.trim().split(' ').toSorted().join(' ') : it;
    expect({ ...ran, text: sorted(ran.text) }).toEqual({
      status: 200,
      text: sorted(text),
      exitCode: 0,
    });
  });

  test.each([
    {
      body: { Cmd: ['nosuch'] },
      text: `${FAILED}unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown`,
      exitCode: 127,
      status: 400,
    },
    {
      body: { Cmd: [''] },
      text: `${FAILED}unable to start container process: exec: "": executable file not found in $PATH: unknown`,
      exitCode: 127,
      status: 400,
    },
    {
      body: { Cmd: ['/no/such'] },
      text: `${FAILED}unable to start container process: exec: "/no/such": stat /no/such: no such file or directory: unknown`,
      exitCode: 127,
      status: 400,
    },
    {
      body: { Cmd: ['/etc'] },
      text: `${FAILED}unable to start container process: exec: "/etc": permission denied: unknown`,
      exitCode: 126,
      status: 400,
    },
    {
      body: { Cmd: ['pwd'], WorkingDir: '/nope' },
      text: `${FAILED}unable to start container process: chdir to cwd ("/nope") set in config.json failed: no such file or directory: unknown`,
      exitCode: 127,
      status: 400,
    },
    {
      body: { Cmd: ['pwd'], WorkingDir: 'relative' },
      text: `${FAILED}Cwd must be an absolute path: unknown`,
      exitCode: 126,
      status: 500,
    },
    {
      body: { Cmd: ['id'], User: 'who' },
      text: 'unable to find user who: no matching entries in passwd file',
      exitCode: 126,
      status: 400,
    },
    {
      body: { Cmd: ['id'], User: '4294967296' },
      text: 'uids and gids must be in range 0-2147483647',
      exitCode: 126,
      status: 400,
    },
  ])('that cannot run says why: $body', async ({ body, text, exitCode, status }) => {
    expect(await exec(body)).toEqual({ status: 200, text: `${text}\r\n`, exitCode });
    const id = await create(body);
    const detached = await engine.request(`/exec/${id}/start`, {
      method: 'POST',
      body: { Detach: true },
    });
    expect(detached).toMatchObject({ status });
    expect(detached.json()).toEqual({ message: text });
  });

  test('of a paused container is refused in the words the client used', async () => {
    await engine.docker.ok('pause', 'box');
    const refused = await engine.request('/containers/box/exec', {
      method: 'POST',
      body: { Cmd: ['true'] },
    });
    await engine.docker.ok('unpause', 'box');
    expect([refused.status, refused.json()]).toEqual([
      409,
      { message: 'Container box is paused, unpause the container before exec' },
    ]);
  });

  test('with keys that are none is refused', async () => {
    const body = { Cmd: ['true'], DetachKeys: 'shift-a' };
    const refused = await engine.request('/containers/box/exec', { method: 'POST', body });
    expect([refused.status, refused.json()]).toEqual([
      400,
      { message: 'Invalid escape keys (shift-a) provided' },
    ]);
  });

  test.each([
    ['h=24&w=80', 404, 'No such exec instance: nosuch'],
    ['h=x&w=80', 400, 'invalid resize height "x": invalid syntax'],
    ['h=24', 400, 'invalid resize width "": invalid syntax'],
    ['h=24&w=-1', 400, 'invalid resize width "-1": value out of range'],
    ['h=4294967296&w=1', 400, 'invalid resize height "4294967296": value out of range'],
  ])('that is none is not resized to %s', async (size, status, message) => {
    const answer = await engine.request(`/exec/nosuch/resize?${size}`, { method: 'POST' });
    expect([answer.status, answer.json()]).toEqual([status, { message }]);
  });

  test('is not resized when its container has ended', async () => {
    const container = await engine.docker.ok('run', '-d', 'busybox', 'sleep', '60');
    const path = `/containers/${container}/exec`;
    const made = await engine.request(path, { method: 'POST', body: { Cmd: ['sleep', '60'] } });
    const { Id: id } = made.json() as { Id: string };
    await engine.request(`/exec/${id}/start`, { method: 'POST', body: { Detach: true } });
    await engine.docker.ok('kill', container);
    const answer = await engine.request(`/exec/${id}/resize?h=24&w=80`, { method: 'POST' });
    expect([answer.status, answer.json()]).toEqual([
      409,
      { message: `container ${container} is not running` },
    ]);
  });

  test('is in the ExecIDs of its container until it has ended', async () => {
    const idsNow = async () =>
      ((await engine.request('/containers/box/json')).json() as { ExecIDs: string[] | null })
        .ExecIDs;
    const id = await create({ Cmd: ['sh', '-c', 'until test -e /tmp/go; do sleep 0.02; done'] });
    expect(await idsNow()).toContain(id);
    await engine.request(`/exec/${id}/start`, { method: 'POST', body: { Detach: true } });
    expect(await idsNow()).toContain(id);
    expect(await inspect(id)).toMatchObject({ Running: true, ExitCode: null, CanRemove: false });
    await exec({ Cmd: ['touch', '/tmp/go'] });
    await eventually('the end', async () => !(await inspect(id)).Running);
    expect((await idsNow()) ?? []).not.toContain(id);
    expect(await inspect(id)).toMatchObject({ Running: false, ExitCode: 0, CanRemove: true });
  });
});

test('docker exec -it has job control: ^C ends the command, not the shell', async () => {
  const shell = engine.docker.start(['exec', '-it', 'box', 'sh'], { tty: true });
  await shell.outputMatching(/# /);
  shell.write('sleep 300; echo "after $?"\r');
  await eventually('the sleep', async () => {
    const seen = await exec({ Cmd: ['sh', '-c', 'ps | grep -q "[s]leep 300"'] });
    return seen.exitCode === 0;
  });
  shell.write('\x03');
  shell.write('echo still""here; exit 4\r');
  await shell.outputMatching(/stillhere/);
  const { code, stdout } = await shell.result;
  expect(code).toBe(4);
  expect(stdout).not.toContain('job control turned off');
});

test('a detached exec is known to the next engine as running, and as ended with a status nobody saw', async () => {
  const id = await create({
    Cmd: ['sh', '-c', 'until test -e /tmp/end; do sleep 0.02; done; exit 3'],
  });
  const ended = await create({ Cmd: ['true'] });
  for (const it of [id, ended])
    await engine.request(`/exec/${it}/start`, { method: 'POST', body: { Detach: true } });
  const { Pid } = await eventually('it runs', async () => {
    const seen = await inspect(id);
    return seen.Pid > 0 && !(await inspect(ended)).Running ? seen : undefined;
  });
  await engine.kill9();
  await engine.start();
  expect(await inspect(id)).toMatchObject({
    Running: true,
    ExitCode: null,
    Pid,
    ProcessConfig: { entrypoint: 'sh' },
  });
  expect((await engine.request(`/exec/${ended}/json`)).status).toBe(404);
  expect(await exec({ Cmd: ['touch', '/tmp/end'] })).toMatchObject({ exitCode: 0 });
  await eventually('the end', async () => !(await inspect(id)).Running);
  expect(await inspect(id)).toMatchObject({ Running: false, ExitCode: null, CanRemove: true });
});

test('an exec as the user of its container has its home, also under the next engine', async () => {
  await engine.docker.ok('run', '-d', '--name', 'other', '-u', '1000', 'busybox', 'sleep', '600');
  const home = () => engine.docker.ok('exec', 'other', 'sh', '-c', 'echo "$(id -u) $HOME"');
  expect(await home()).toBe('1000 /');
  await engine.restart();
  expect(await home()).toBe('1000 /');
  await engine.docker.ok('rm', '-f', 'other');
});

test('an exec that was never started is gone with the run it was made for', async () => {
  await engine.docker.ok('run', '-d', '--name', 'brief', 'busybox', 'sleep', '600');
  const body = { Cmd: ['true'] };
  const created = await engine.request('/containers/brief/exec', { method: 'POST', body });
  const { Id } = created.json() as { Id: string };
  await engine.docker.ok('kill', 'brief');
  await engine.docker.ok('wait', 'brief');
  await eventually(
    'it is gone',
    async () => (await engine.request(`/exec/${Id}/json`)).status === 404,
  );
  const refused = await engine.request('/containers/brief/exec', { method: 'POST', body });
  expect(refused.status).toBe(409);
  expect((refused.json() as { message: string }).message).toMatch(
    /^container [0-9a-f]{64} is not running$/i,
  );
});
