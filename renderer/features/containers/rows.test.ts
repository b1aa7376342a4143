import { expect, test } from 'vitest';
import { aContainer } from '../../testing/containers.ts';
import { buildRows, matches, passes, type ContainerView } from './rows.ts';
import { PROJECT_LABEL } from './state.ts';

const VIEW: ContainerView = {
  search: '',
  filter: 'all',
  sort: 'name',
  descending: false,
  folded: new Set(),
};
const inProject = (name: string, project: string, rest = {}) =>
  aContainer({ name, Labels: { [PROJECT_LABEL]: project }, ...rest });

const names = (rows: ReturnType<typeof buildRows>, all: ReturnType<typeof aContainer>[]) =>
  rows.map((row) =>
    row.kind === 'group'
      ? `[${row.project}]`
      : all.find((each) => each.Id === row.key)?.Names[0]?.slice(1),
  );

test('containers of no project stand without a group when there is no project at all', () => {
  const all = [aContainer({ name: 'b' }), aContainer({ name: 'a' })];
  expect(names(buildRows(all, VIEW), all)).toEqual(['a', 'b']);
});

test('projects come in order of name, what belongs to none comes last', () => {
  const all = [
    aContainer({ name: 'loose' }),
    inProject('web', 'shop'),
    inProject('db10', 'shop'),
    inProject('db2', 'shop'),
    inProject('grafana', 'monitoring'),
  ];
  expect(names(buildRows(all, VIEW), all)).toEqual([
    '[monitoring]',
    'grafana',
    '[shop]',
    'db2',
    'db10',
    'web',
    '[]',
    'loose',
  ]);
});

test('a folded group keeps its head and its counts, and opens while something is searched', () => {
  const all = [inProject('web', 'shop'), inProject('db', 'shop', { State: 'exited' })];
  const folded = { ...VIEW, folded: new Set(['project:shop']) };
  const [head, ...rest] = buildRows(all, folded);
  expect(head).toMatchObject({ kind: 'group', project: 'shop', running: 1, folded: true });
  expect(rest).toEqual([]);
  expect(names(buildRows(all, { ...folded, search: 'db' }), all)).toEqual(['[shop]', 'db']);
});

test('sorting by ports puts what publishes nothing last, and ties by name', () => {
  const port = (PublicPort: number) => [{ PrivatePort: 80, PublicPort, Type: 'tcp' as const }];
  const all = [
    aContainer({ name: 'z' }),
    aContainer({ name: 'y', Ports: port(9000) }),
    aContainer({ name: 'x', Ports: port(80) }),
    aContainer({ name: 'a' }),
  ];
  expect(names(buildRows(all, { ...VIEW, sort: 'ports' }), all)).toEqual(['x', 'y', 'a', 'z']);
});

test('sorting by status puts the newest running first and the stopped after', () => {
  const all = [
    aContainer({ name: 'old', StartedAt: '2026-01-01T00:00:00Z' }),
    aContainer({ name: 'gone', State: 'exited', FinishedAt: '2026-12-01T00:00:00Z' }),
    aContainer({ name: 'new', StartedAt: '2026-06-01T00:00:00Z' }),
  ];
  expect(names(buildRows(all, { ...VIEW, sort: 'status' }), all)).toEqual(['new', 'old', 'gone']);
});

test('a search finds name, image, port and project, every word of it', () => {
  const container = inProject('web', 'shop', {
    Ports: [{ PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }],
  });
  for (const search of ['', 'WEB', 'nginx 8080', 'shop web'])
    expect(matches(container, search), search).toBe(true);
  for (const search of ['db', 'web 9090']) expect(matches(container, search), search).toBe(false);
});

test('the filters split by state; paused counts as running', () => {
  const paused = aContainer({ State: 'paused' });
  const sick = aContainer({ Health: 'unhealthy' });
  const created = aContainer({ State: 'created' });
  expect([paused, sick, created].map((each) => passes(each, 'running'))).toEqual([
    true,
    true,
    false,
  ]);
  expect([paused, sick, created].map((each) => passes(each, 'stopped'))).toEqual([
    false,
    false,
    true,
  ]);
  expect([paused, sick, created].map((each) => passes(each, 'unhealthy'))).toEqual([
    false,
    true,
    false,
  ]);
});
