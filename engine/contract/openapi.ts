/**
 * The OpenAPI 3.1 document of the engine, derived from the route tables: no second truth. Pure.
 */
import * as z from 'zod';
import type { Route } from './route.ts';
import { API_VERSION, ENGINE_VERSION } from './version.ts';

type Document = Record<string, unknown>;

/** `tables`: a tag → its routes. */
export function openApiDocument(
  tables: Readonly<Record<string, Readonly<Record<string, Route>>>>,
): Document {
  const paths: Record<string, Record<string, Document>> = {};
  for (const [tag, routes] of Object.entries(tables))
    for (const [name, route] of Object.entries(routes)) {
      const path = route.path.replaceAll('*}', '}');
      (paths[path] ??= {})[route.method.toLowerCase()] = operation(tag, name, route);
    }
  return {
    openapi: '3.1.0',
    info: { title: 'Gantry engine', version: ENGINE_VERSION },
    servers: [{ url: `/v1.${API_VERSION}` }, { url: '/' }],
    paths,
  };
}

function operation(tag: string, name: string, route: Route): Document {
  const body = route.body && jsonSchema(route.body, 'input');
  return {
    tags: [tag],
    operationId: name,
    summary: route.summary,
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(body && { requestBody: { content: { 'application/json': { schema: body } } } }),
    responses: {
      [route.status]: { description: route.summary, ...content(route) },
      default: {
        description: 'What went wrong',
        content: {
          'application/json': {
            schema: { type: 'object', properties: { message: { type: 'string' } } },
          },
        },
      },
    },
  };
}

function content(route: Route): Document {
  if (route.result === undefined) return {};
  const type = route.answer === 'json-lines' ? 'application/x-ndjson' : 'application/json';
  return { content: { [type]: { schema: jsonSchema(route.result, 'output') } } };
}

function pathParameters(route: Route): Document[] {
  return [...route.path.matchAll(/\{(\w+)\*?\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(route: Route): Document[] {
  if (route.query === undefined) return [];
  const schema = jsonSchema(route.query, 'input') as { properties?: Record<string, Document> };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    schema: property,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Document {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
