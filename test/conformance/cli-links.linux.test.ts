/** Links of old: `docker run --link db:database`. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startSubject, type Subject } from './subject.ts';

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
const stderrOf = async (...args: string[]) => (await subject.docker.run(args)).stderr;

const sleeper = (name: string, ...options: string[]): Promise<string> =>
  docker('run', '-d', '--name', name, ...options, 'busybox', 'sleep', '600');
const addressOf = (name: string): Promise<string> =>
  docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', name);
const hostsOf = (name: string): Promise<string> => docker('exec', name, 'cat', '/etc/hosts');

test('a linked container has names, variables, and answers', async () => {
  await sleeper('db', '-h', 'dbhost', '-e', 'PLACE=cellar', '--expose', '5432');
  const address = await addressOf('db');
  await sleeper('web', '--link', 'db:database');
  expect((await hostsOf('web')).split('\n')).toContain(`${address}\tdatabase dbhost db`);
  const told = await docker('run', '--rm', '--name', 'other', '--link', 'db', 'busybox', 'env');
  expect(told.split('\n')).toContain('DB_NAME=/other/db');
  const variables = (await docker('exec', 'web', 'env')).split('\n');
  expect(variables).toEqual(
    expect.arrayContaining([
      'DATABASE_NAME=/web/database',
      `DATABASE_PORT=tcp://${address}:5432`,
      `DATABASE_PORT_5432_TCP_ADDR=${address}`,
      'DATABASE_PORT_5432_TCP_PORT=5432',
      'DATABASE_PORT_5432_TCP_PROTO=tcp',
      'DATABASE_ENV_PLACE=cellar',
    ]),
  );
  for (const name of ['database', 'db', 'dbhost'])
    expect(await docker('exec', 'web', 'ping', '-c', '1', '-W', '5', name)).toContain(
      '1 packets received',
    );
  expect(await docker('inspect', '-f', '{{.HostConfig.Links}}', 'web')).toBe('[/db:/web/database]');
});

test('its new address is told to those that link to it', async () => {
  await sleeper('db');
  const before = await addressOf('db');
  await sleeper('web', '--link', 'db');
  await docker('stop', '-t', '0', 'db');
  await sleeper('squatter');
  await docker('start', 'db');
  const after = await addressOf('db');
  expect(after).not.toBe(before);
  expect(await hostsOf('web')).toContain(`${after}\tdb`);
  expect(await docker('exec', 'web', 'ping', '-c', '1', '-W', '5', 'db')).toContain(
    '1 packets received',
  );
});

test('one that does not run keeps the other from starting', async () => {
  await docker('create', '--name', 'db', 'busybox');
  expect(await stderrOf('run', '--name', 'web', '--link', 'db', 'busybox', 'true')).toContain(
    'Cannot link to a non running container: /db AS /web/db',
  );
});

test('docker rm --link takes the name away, and says what there is none of', async () => {
  await sleeper('db');
  await sleeper('web', '--link', 'db:database');
  expect(await stderrOf('rm', '--link', 'nobody')).toContain('No such container: nobody');
  expect(await stderrOf('rm', '--link', 'web')).toContain(
    'Conflict, cannot remove the default link name of the container',
  );
  await docker('rm', '--link', 'web/database');
  expect(await docker('ps', '--filter', 'name=db', '--format', '{{.Names}}')).toBe('db');
  await docker('restart', '-t', '0', 'web');
  expect(await hostsOf('web')).not.toContain('database');
});
