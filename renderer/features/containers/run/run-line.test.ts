import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { dockerRunLine, requestOf, suggestHostPort, type RunFields } from './run-line.ts';
import { parseWords, quoteWords } from './words.ts';

const EMPTY: RunFields = {
  image: 'nginx:1.29',
  name: '',
  command: '',
  ports: [],
  environment: [],
  mounts: [],
  tty: false,
  removeOnExit: false,
};
const lineOf = (fields: Partial<RunFields>) =>
  dockerRunLine(requestOf({ ...EMPTY, ...fields }).request);
const problemsOf = (fields: Partial<RunFields>) => requestOf({ ...EMPTY, ...fields }).problems;

test('the shortest line names the image only', () => {
  expect(lineOf({})).toBe('docker run -d nginx:1.29');
});

test('the line says everything the form asks for, quoted for a shell', () => {
  expect(
    lineOf({
      name: 'web',
      command: `sh -c 'echo "$HOME"'`,
      tty: true,
      removeOnExit: true,
      ports: [
        {
          key: 1,
          hostAddress: '127.0.0.1',
          hostPort: '8080',
          containerPort: '80',
          protocol: 'tcp',
        },
        { key: 2, hostAddress: '', hostPort: '', containerPort: '53', protocol: 'udp' },
        { key: 3, hostAddress: '::1', hostPort: '', containerPort: '81', protocol: 'tcp' },
      ],
      environment: [{ key: 1, left: 'GREETING', right: "it's me" }],
      mounts: [
        { key: 1, left: '/srv/my site', right: '/usr/share/nginx/html', readOnly: true },
        { key: 2, left: 'cache', right: '/var/cache' },
      ],
    }),
  ).toBe(
    String.raw`docker run -d --name web --rm -it -p 127.0.0.1:8080:80 -p 53/udp -p '[::1]::81' ` +
      String.raw`-e 'GREETING=it'\''s me' -v '/srv/my site:/usr/share/nginx/html:ro' ` +
      String.raw`-v cache:/var/cache nginx:1.29 sh -c 'echo "$HOME"'`,
  );
});

test('rows left empty ask for nothing', () => {
  const { request, problems } = requestOf({
    ...EMPTY,
    ports: [{ key: 1, hostAddress: '127.0.0.1', hostPort: '', containerPort: '', protocol: 'tcp' }],
    environment: [{ key: 1, left: '', right: '' }],
    mounts: [{ key: 1, left: '', right: '' }],
  });
  expect(problems).toEqual([]);
  expect([request.ports, request.environment, request.mounts]).toEqual([[], [], []]);
});

test('what cannot work is named before it is sent', () => {
  expect(problemsOf({ image: ' ' })).toEqual(['image']);
  expect(problemsOf({ name: '-web' })).toEqual(['name']);
  expect(problemsOf({ command: 'echo "open' })).toEqual(['command']);
  const port = { key: 1, hostAddress: '', protocol: 'tcp' as const };
  expect(problemsOf({ ports: [{ ...port, hostPort: '70000', containerPort: '80' }] })).toEqual([
    'port',
  ]);
  expect(problemsOf({ ports: [{ ...port, hostPort: '80', containerPort: '' }] })).toEqual(['port']);
  expect(problemsOf({ environment: [{ key: 1, left: 'A=B', right: '' }] })).toEqual([
    'environment',
  ]);
  expect(problemsOf({ mounts: [{ key: 1, left: './here', right: '/x' }] })).toEqual(['mount']);
  expect(problemsOf({ mounts: [{ key: 1, left: '/x', right: 'there' }] })).toEqual(['mount']);
});

test('a suggested port is one an ordinary user takes, and free', () => {
  const taken = new Set([8080, 8081, 5432]);
  expect(suggestHostPort(80, new Set())).toBe(8080);
  expect(suggestHostPort(80, taken)).toBe(8082);
  expect(suggestHostPort(443, taken)).toBe(8443);
  expect(suggestHostPort(5432, taken)).toBe(5433);
  expect(suggestHostPort(22, taken)).toBe(8022);
});

test('parseWords() follows a shell', () => {
  expect(parseWords(String.raw`a "b c" 'd "e' f\ g "h\"i" ''`)).toEqual([
    'a',
    'b c',
    'd "e',
    'f g',
    'h"i',
    '',
  ]);
  expect(parseWords('  ')).toEqual([]);
});

test('words come back from their quoting', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(parseWords(quoteWords(words))).toEqual(words);
    }),
  );
});
