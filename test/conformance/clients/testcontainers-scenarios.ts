/**
 * What users of testcontainers do, run as a program of its own: the library reaches published ports on
 * loopback, so it has to be in the engine's network namespace. Prints one JSON object, what each
 * scenario came to or the error it ended with.
 */
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';

const SERVER = ['sh', '-c', 'mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www'];

const SCENARIOS: Readonly<Record<string, () => Promise<unknown>>> = {
  async logs() {
    await using container = await new GenericContainer('busybox')
      .withCommand(['sh', '-c', 'echo preparing; echo ready; sleep 1000'])
      .withWaitStrategy(Wait.forLogMessage(/^ready/m))
      .start();
    const lines: string[] = [];
    for await (const line of await container.logs()) {
      lines.push(...String(line).trim().split('\n'));
      if (lines.includes('ready')) break;
    }
    return lines;
  },

  async exec() {
    await using container = await sleeper().withEnvironment({ GREETING: 'hello' }).start();
    return await container.exec(['sh', '-c', 'echo $GREETING; echo err >&2; exit 3'], {
      user: 'nobody',
      workingDir: '/tmp',
    });
  },

  async copies() {
    await using container = await sleeper()
      .withCopyContentToContainer([{ content: 'before the start\n', target: '/early' }])
      .start();
    await container.copyContentToContainer([{ content: 'later\n', target: '/deep/late' }]);
    const { output } = await container.exec(['cat', '/early', '/deep/late']);
    const archive = await container.copyArchiveFromContainer('/deep/late');
    let bytes = 0;
    for await (const chunk of archive) bytes += (chunk as Buffer).length;
    return { output, isArchive: bytes >= 1024 && bytes % 512 === 0 };
  },

  async ports() {
    await using container = await new GenericContainer('busybox')
      .withCommand(SERVER)
      .withExposedPorts(80)
      .withWaitStrategy(Wait.forListeningPorts())
      .start();
    const answer = await fetch(`http://127.0.0.1:${container.getMappedPort(80)}/`);
    return await answer.text();
  },

  async http() {
    await using container = await new GenericContainer('busybox')
      .withCommand(SERVER)
      .withExposedPorts(80)
      .withWaitStrategy(Wait.forHttp('/index.html', 80).forStatusCode(200))
      .start();
    return container.getMappedPort(80) > 0;
  },

  async health() {
    await using container = await new GenericContainer('busybox')
      .withCommand(['sh', '-c', 'sleep 0.5; touch /ok; sleep 1000'])
      .withHealthCheck({
        test: ['CMD-SHELL', 'test -e /ok'],
        interval: 200,
        timeout: 5_000,
        retries: 100,
      })
      .withWaitStrategy(Wait.forHealthCheck())
      .start();
    return (await container.exec(['ls', '/ok'])).exitCode;
  },

  async stop() {
    const container = await sleeper().start();
    await container.restart({ timeout: 0 });
    await container.stop({ timeout: 0 });
    const client = await getContainerRuntimeClient();
    const left = await client.container.list();
    return left.some(({ Id }) => Id === container.getId());
  },

  async failure() {
    try {
      await new GenericContainer('busybox').withCommand(['no-such-program']).start();
      return 'started';
    } catch (error) {
      return (error as Error).message;
    }
  },
};

function sleeper(): GenericContainer {
  return new GenericContainer('busybox').withCommand(['sleep', '1000']);
}

// The library's log streams do not keep a program alive.
const alive = setInterval(() => {}, 1_000);
const outcomes: Record<string, unknown> = {};
for (const [name, run] of Object.entries(SCENARIOS)) {
  try {
    outcomes[name] = await run();
  } catch (error) {
    outcomes[name] = { error: (error as Error).stack };
  }
}
clearInterval(alive);
process.stdout.write(JSON.stringify(outcomes));
