import { describe, expect, test } from 'vitest';
import { applyChanges } from './import-changes.ts';

describe('applyChanges()', () => {
  test.each([
    ['CMD ["a", "b"]', { Cmd: ['a', 'b'] }],
    ['cmd echo $A', { Cmd: ['/bin/sh', '-c', 'echo $A'] }],
    ['CMD', { Cmd: ['/bin/sh', '-c'] }],
    ['ENTRYPOINT /bin/ent', { Entrypoint: ['/bin/sh', '-c', '/bin/ent'], Cmd: null }],
    ['ENV A=1 B="2 3"', { Env: ['A=1', 'B=2 3'] }],
    ['ENV K v w', { Env: ['K=v w'] }],
    ['ENV A=1\nENV B=$A-${A}-${C:-d}-${A:+set}', { Env: ['A=1', 'B=1-1-d-set'] }],
    ["ENV Q='$A' R=\\$A", { Env: ['Q=$A', 'R=$A'] }],
    [
      'EXPOSE 80 443/udp 90-91',
      { ExposedPorts: { '80/tcp': {}, '443/udp': {}, '90/tcp': {}, '91/tcp': {} } },
    ],
    ['LABEL a=b "c d"=e', { Labels: { a: 'b', 'c d': 'e' } }],
    ['ONBUILD RUN x', { OnBuild: ['RUN x'] }],
    ['USER a:b', { User: 'a:b' }],
    ['VOLUME /v1 /v2', { Volumes: { '/v1': {}, '/v2': {} } }],
    ['VOLUME ["/q r"]', { Volumes: { '/q r': {} } }],
    ['WORKDIR /a\nWORKDIR b/../c', { WorkingDir: '/a/c' }],
    ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
    [
      'HEALTHCHECK --interval=5s --timeout=1m30s --retries=3 CMD curl x',
      {
        Healthcheck: {
          Test: ['CMD-SHELL', 'curl x'],
          Interval: 5e9,
          Timeout: 9e10,
          Retries: 3,
        },
      },
    ],
  ])('takes %s', (change, expected) => {
    expect(applyChanges({}, [change])).toEqual(expected);
  });

  test.each([
    ['STOPSIGNAL SIGINT', 'stopsignal is not a valid change command'],
    ['RUN y', 'run is not a valid change command'],
    ['BOGUS x', 'bogus is not a valid change command'],
    ['ENV', 'ENV requires at least one argument'],
    ['WORKDIR', 'WORKDIR requires exactly one argument'],
    ['LABEL nope', 'LABEL must have two arguments'],
    ['EXPOSE x', 'Invalid containerPort: x'],
    ['ONBUILD FROM x', "FROM isn't allowed as an ONBUILD trigger"],
    ['ONBUILD ONBUILD RUN x', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
    ['HEALTHCHECK --retries=0 CMD x', '--retries'],
    ['HEALTHCHECK WHAT', 'Unknown type "WHAT" in HEALTHCHECK'],
    ['# comment', 'file with no instructions'],
  ])('refuses %s', (change, message) => {
    expect(() => applyChanges({}, [change])).toThrow(message);
  });

  test('a variable that is there keeps its place, a command set before stays with an entrypoint', () => {
    const config = { Env: ['A=1', 'B=2'], Cmd: ['old'] };
    const changed = applyChanges(config, ['ENV A=3', 'CMD ["new"]', 'ENTRYPOINT ["e"]']);
    expect(changed).toEqual({ Env: ['A=3', 'B=2'], Cmd: ['new'], Entrypoint: ['e'] });
    expect(config).toEqual({ Env: ['A=1', 'B=2'], Cmd: ['old'] });
  });
});
