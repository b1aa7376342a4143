import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BareContainer } from '../../../test/support/bare-container.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { commandLine, processIds } from '../../../test/support/processes.ts';
import { execHandlers } from '../../api/exec.ts';
import { bind } from '../../api/handler.ts';
import { ApiServer } from '../../api/server.ts';
import { EXEC_ROUTES, type ExecInspect } from '../../contract/exec.ts';
import { RuntimeExec } from '../../drivers/exec/runtime-exec.ts';
import { FrameDecoder } from '../../formats/stream-frame.ts';
import { systemClock } from '../../host/clock.ts';
import type { ContainerLookup, ContainerView } from '../containers/container.ts';
import { EventBus } from '../events/event-bus.ts';
import { ExecService } from './exec-service.ts';

/** Longer than a unix socket's address. */
const EXEC_FOLDER = `exec-${'x'.repeat(120)}`;

describe.each(['crun', 'runc'] as const)('under %s,', (runtime) => {
  let folder: string;
  let socketPath: string;
  let server: Server;
  let container: BareContainer;
  let runner: RuntimeExec;
  let service: ExecService;
  const paused = { value: false };
  const events = new EventBus(systemClock);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-exec-'));
    socketPath = join(folder, 'api.sock');
    container = await BareContainer.start({ folder, runtime, args: ['/bin/sleep', '1000'] });
    runner = new RuntimeExec({
      findRuntime: () => ({
        name: runtime,
        program: runtime === 'crun' ? '/usr/bin/crun' : '/usr/sbin/runc',
        globalArguments: ['--root', container.runtimeRoot],
        stateRoot: container.runtimeRoot,
        processesOf: () => [],
      }),
      directory: join(folder, EXEC_FOLDER),
      allCapabilities: ['CAP_CHOWN', 'CAP_NET_ADMIN'],
    });
    service = new ExecService({
      containers,
      events,
      runner,
      linkVariables: () => [],
      resolveUser: (_container, user) => ({ uid: Number(user), gid: 7, additionalGids: [8] }),
    });
    const api = new ApiServer(bind(EXEC_ROUTES, execHandlers(service)), () => {});
    server = api.createHttpServer();
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  });

  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await container[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const containers: ContainerLookup = {
    find: () =>
      ({
        id: container.id,
        name: 'box',
        config: {
          Image: 'busybox',
          Hostname: 'box',
          Env: ['A=1'],
          WorkingDir: '',
          Labels: { l: 'v' },
        },
        hostConfig: { Runtime: runtime },
        running: true,
        paused: paused.value,
        restarting: false,
        bundlePath: container.bundlePath,
      }) as unknown as ContainerView,
    waitForExit: () => new Promise(() => {}),
  };

  function call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
      const outgoing = request({ socketPath, method, path, headers }, (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async function create(config: Record<string, unknown>): Promise<string> {
    const body = { AttachStdout: true, AttachStderr: true, ...config };
    const { status, text } = await call('POST', `/containers/${container.id}/exec`, body);
    expect(status).toBe(201);
    return (JSON.parse(text) as { Id: string }).Id;
  }

  /** Starts attached; resolves with the connection after `101 UPGRADED`. */
  function attach(id: string, body: Record<string, unknown> = {}): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const headers = {
        'Content-Type': 'application/json',
        'Content-Length': text.length,
        Connection: 'Upgrade',
        Upgrade: 'tcp',
      };
      const path = `/exec/${id}/start`;
      const outgoing = request({ socketPath, method: 'POST', path, headers });
      outgoing.on('upgrade', (answer, socket, head) => {
        expect(answer.headers['content-type']).toContain(body['Tty'] ? 'raw' : 'multiplexed');
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      outgoing.on('response', (answer) => reject(new Error(`status ${answer.statusCode}`)));
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }

  async function readAll(connection: Duplex): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of connection) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }

  async function inspect(id: string): Promise<ExecInspect> {
    return JSON.parse((await call('GET', `/exec/${id}/json`)).text) as ExecInspect;
  }

  async function run(config: Record<string, unknown>, input?: string) {
    const id = await create(config);
    const connection = await attach(id);
    if (input !== undefined) connection.end(input);
    const frames = new FrameDecoder().push(await readAll(connection));
    const textOf = (stream: string) =>
      Buffer.concat(
        frames.flatMap((frame) => (frame.stream === stream ? [frame.bytes] : [])),
      ).toString();
    const { ExitCode, Running } = await inspect(id);
    expect(Running).toBe(false);
    return { stdout: textOf('stdout'), stderr: textOf('stderr'), exitCode: ExitCode };
  }

  describe('an attached exec', () => {
    it('gives both streams and the exit code', async () => {
      expect(await run({ Cmd: ['sh', '-c', 'echo out; echo err >&2; exit 3'] })).toEqual({
        stdout: 'out\n',
        stderr: 'err\n',
        exitCode: 3,
      });
    });

    it('reads its input to the half-close, and goes on writing', async () => {
      const cat = { Cmd: ['sh', '-c', 'cat; echo end'], AttachStdin: true };
      expect((await run(cat, 'typed')).stdout).toBe('typedend\n');
    });

    it('has streams that can be opened by name', async () => {
      expect((await run({ Cmd: ['sh', '-c', 'echo x >/dev/stderr'] })).stderr).toBe('x\n');
    });

    it('ended by a signal has 128 and its number', async () => {
      expect((await run({ Cmd: ['sh', '-c', 'kill -9 $$'] })).exitCode).toBe(137);
    });

    it('delivers output larger than any buffer', async () => {
      const { stdout } = await run({ Cmd: ['head', '-c', '5000000', '/dev/zero'] });
      expect(stdout.length).toBe(5_000_000);
    });

    // runc copies the output itself and waits for its end, so this holds for crun alone.
    if (runtime === 'crun')
      it('ends although a child of it holds its output', async () => {
        expect((await run({ Cmd: ['sh', '-c', 'sleep 100 & echo up'] })).stdout).toBe('up\n');
      });

    it('has environment, user, groups, folder and capabilities as asked', async () => {
      const Cmd = ['sh', '-c', 'echo $A $B $HOME; id; pwd; grep CapEff /proc/self/status'];
      const plain = await run({ Cmd, Env: ['B=2'], User: '1000', WorkingDir: '/tmp' });
      expect(plain.stdout).toMatch(/^1 2 ?.*\nuid=1000 gid=7 groups=8\n\/tmp\nCapEff:\t0{16}\n$/);
      const privileged = await run({ Cmd, Privileged: true });
      expect(privileged.stdout).toContain('CapEff:\t0000000000001001');
    });

    it('that cannot be executed says why and exits 127 or 126', async () => {
      const missing = await run({ Cmd: ['nosuch'] });
      expect(missing).toEqual({
        stdout:
          'OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown\r\n',
        stderr: '',
        exitCode: 127,
      });
      expect((await run({ Cmd: ['/etc/passwd'] })).exitCode).toBe(126);
    });

    it('goes on when its client goes away', async () => {
      const id = await create({ Cmd: ['sh', '-c', 'echo go; sleep 0.2; echo more; exit 4'] });
      const connection = await attach(id);
      connection.once('data', () => connection.destroy());
      const ended = await eventually('the end', async () => {
        const seen = await inspect(id);
        return seen.Running ? undefined : seen;
      });
      expect(ended.ExitCode).toBe(4);
    });
  });

  describe('an exec of a client that does not upgrade', () => {
    it('answers 200 with the output and ends', async () => {
      const id = await create({ Cmd: ['sh', '-c', 'echo out; exit 2'] });
      const { status, text } = await call('POST', `/exec/${id}/start`, {});
      expect(status).toBe(200);
      expect(text).toBe('\x01\0\0\0\0\0\0\x04out\n');
      expect((await inspect(id)).ExitCode).toBe(2);
    });
  });

  describe('an exec with a terminal', () => {
    const Tty = true;

    it('has the size asked for, and takes another', async () => {
      const script = 'tty; stty size; until stty size | grep "44 111"; do sleep 0.02; done; exit 5';
      const Cmd = ['sh', '-c', script];
      const id = await create({ Cmd, Tty, AttachStdin: true, ConsoleSize: [33, 99] });
      const connection = await attach(id, { Tty });
      let seen = '';
      connection.on('data', (bytes: Buffer) => (seen += bytes.toString()));
      await eventually('the first size', () => seen.includes('33 99'));
      expect((await call('POST', `/exec/${id}/resize?h=44&w=111`)).status).toBe(200);
      await once(connection, 'end');
      expect(seen).toMatch(/^\/dev\/pts\/\d+\r\n33 99\r\n44 111\r\n$/);
      expect((await inspect(id)).ExitCode).toBe(5);
    });

    it('is left by the detach keys and runs on', async () => {
      const id = await create({ Cmd: ['cat'], Tty, AttachStdin: true, DetachKeys: 'ctrl-a,d' });
      const connection = await attach(id, { Tty });
      const all = readAll(connection);
      connection.write('\x01d');
      await all;
      // A pid of 0 would be a signal to the test itself.
      const running = await eventually('the pid', async () => {
        const seen = await inspect(id);
        return seen.Pid > 0 ? seen : undefined;
      });
      expect(running).toMatchObject({ Running: true, DetachKeys: 'AWQ=' });
      process.kill(running.Pid, 'SIGKILL');
      await eventually('the end', async () => (await inspect(id)).ExitCode === 137);
    });

    it('that cannot be executed shows only the reason', async () => {
      const id = await create({ Cmd: ['nosuch'], Tty });
      const text = (await readAll(await attach(id, { Tty }))).toString();
      expect(text).toMatch(/^OCI runtime exec failed: .*not found in \$PATH: unknown\r\n$/);
    });
  });

  describe('a detached exec', () => {
    const Detach = true;

    it('answers once it runs, and tells its exit code later', async () => {
      const id = await create({ Cmd: ['sh', '-c', 'sleep 0.1; exit 6'] });
      expect((await call('POST', `/exec/${id}/start`, { Detach })).status).toBe(200);
      const running = await inspect(id);
      expect(running.Running).toBe(true);
      expect(running.Pid).toBeGreaterThan(0);
      await eventually('the end', async () => (await inspect(id)).ExitCode === 6);
    });

    it('is refused when it cannot be executed', async () => {
      const id = await create({ Cmd: ['nosuch'] });
      const { status, text } = await call('POST', `/exec/${id}/start`, { Detach });
      expect(status).toBe(400);
      expect(text).toContain('executable file not found in $PATH');
    });

    it('may have a terminal that nobody looks at', async () => {
      const Cmd = ['sh', '-c', 'head -c 100000 /dev/zero; tty >/tmp/tty'];
      const id = await create({ Cmd, Tty: true });
      expect((await call('POST', `/exec/${id}/start`, { Detach, Tty: true })).status).toBe(200);
      await eventually('the end', async () => (await inspect(id)).ExitCode === 0);
      expect(readFileSync(join(folder, 'bundle/rootfs/tmp/tty'), 'utf8')).toMatch(/^\/dev\/pts/);
    });
  });

  describe('execs', () => {
    it('can be started after a start whose client had gone', async () => {
      const id = await create({ Cmd: ['true'] });
      const how = { isDetached: false, isFramed: true, consoleSize: undefined };
      const gone = () => {
        throw new Error('the client has gone');
      };
      await expect(service.start(id, how, gone)).rejects.toThrow('gone');
      expect(await inspect(id)).toMatchObject({ Running: false, ExitCode: null });
      (await attach(id)).resume();
      await eventually('its end', async () => (await inspect(id)).ExitCode === 0);
    });

    it('are refused in a paused container, without a command, and a second time', async () => {
      const path = `/containers/${container.id}/exec`;
      expect((await call('POST', path, { Cmd: [] })).text).toContain('No exec command specified');
      const id = await create({ Cmd: ['echo'] });
      paused.value = true;
      expect((await call('POST', path, { Cmd: ['echo'] })).status).toBe(409);
      expect((await call('POST', `/exec/${id}/start`, {})).status).toBe(409);
      paused.value = false;
      await readAll(await attach(id));
      expect((await call('POST', `/exec/${id}/start`, {})).status).toBe(409);
      expect((await call('GET', '/exec/unknown/json')).text).toContain(
        'No such exec instance: unknown',
      );
    });

    it('are told as events with their id and exit code', async () => {
      const seen: string[] = [];
      const unsubscribe = events.subscribe(({ action, attributes }) =>
        seen.push(`${action} ${attributes['name']} ${attributes['l']} ${attributes['exitCode']}`),
      );
      await run({ Cmd: ['sh', '-c', 'exit 9'] });
      unsubscribe();
      expect(seen).toEqual([
        'exec_create: sh -c exit 9 box v undefined',
        'exec_start: sh -c exit 9 box v undefined',
        'exec_die box v 9',
      ]);
    });

    it('are forgotten with their container, and leave no files', async () => {
      const id = await create({ Cmd: ['echo'] });
      events.publish({
        type: 'container',
        action: 'destroy',
        actorId: container.id,
        attributes: {},
      });
      expect((await call('GET', `/exec/${id}/json`)).status).toBe(404);
      // Nor does what waits for a start that never comes.
      const files = () => readdirSync(join(folder, EXEC_FOLDER));
      await eventually('no files', () => files().every((name) => name.startsWith('spare-')));
    });

    // What waits is read by crun alone.
    if (runtime === 'crun')
      it('find a runtime that waits, and leave none behind', async () => {
        const directory = join(folder, EXEC_FOLDER);
        const spares = () => readdirSync(directory).filter((name) => name.startsWith('spare-'));
        const isReady = (name: string) =>
          processIds().some((pid) => commandLine(pid).join(' ').includes(join(directory, name)));
        await run({ Cmd: ['true'] });
        await eventually('a runtime that waits', () => spares().some(isReady));
        const [first = ''] = spares();
        const answer = await run({ Cmd: ['sh', '-c', 'echo out; echo $0 >&2; exit 3', 'err'] });
        expect(answer).toMatchObject({ stdout: 'out\n', stderr: 'err\n', exitCode: 3 });
        await eventually('the next one', () =>
          spares().some((name) => name !== first && isReady(name)),
        );
        expect(spares()).not.toContain(first);
        await runner.close();
        expect(spares()).toEqual([]);
        expect(isReady('spare-')).toBe(false);
      });
  });
});
