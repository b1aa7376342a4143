import { expect, test } from 'vitest';
import { GANTRY_ROUTES } from './gantry.ts';
import { openApiDocument } from './openapi.ts';
import { SYSTEM_ROUTES } from './system.ts';

test('openApiDocument() describes each route once, with its parameters and answers', () => {
  const document = openApiDocument({ System: SYSTEM_ROUTES, Gantry: GANTRY_ROUTES }) as {
    openapi: string;
    paths: Record<
      string,
      Record<string, { parameters: { name: string; in: string }[]; responses: object }>
    >;
  };
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.values(document.paths).flatMap((path) => Object.keys(path));
  expect(operations).toHaveLength(
    Object.keys(SYSTEM_ROUTES).length + Object.keys(GANTRY_ROUTES).length,
  );
  const page = document.paths['/gantry/containers/{id}/log']?.['get'];
  expect(page?.parameters.map(({ name, in: place }) => `${place} ${name}`)).toEqual([
    'path id',
    'query before',
    'query after',
    'query lines',
  ]);
  expect(document.paths['/info']?.['get']?.responses).toHaveProperty(
    '200.content.application/json.schema.properties.ServerVersion.type',
    'string',
  );
});
