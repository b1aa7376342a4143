/**
 * What a route of the HTTP API is, as data: method, path, and one schema each for query, body and
 * result. Validation, handler types, the typed client and the OpenAPI document derive from it. Pure.
 */
import * as z from 'zod';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

/**
 * How the answer travels.
 * - `json`: one JSON document of `result`'s shape (or an empty body where `result` is absent).
 * - `json-lines`: newline-delimited JSON documents of `result`'s shape, flushed one by one.
 * - `stream`: bytes (multiplexed frames, a tar, a text), written by the handler.
 * - `hijack`: the connection itself, both ways, after `101 UPGRADED` or `200 OK`.
 */
export type Answer = 'json' | 'json-lines' | 'stream' | 'hijack';

export interface Route<
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> {
  readonly method: Method;
  /** Without the version prefix; `{name}` matches one segment, `{name*}` one or more. */
  readonly path: string;
  readonly summary: string;
  readonly query?: Query;
  /** Absent when the route reads no JSON body (its body, if any, is a byte stream). */
  readonly body?: Body;
  readonly result?: Result;
  readonly answer: Answer;
  /** Status of success. */
  readonly status: number;
}

type Draft<Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = Omit<
  Route<Q, B, R>,
  'answer' | 'status'
> & { answer?: Answer; status?: number };

/** Defines a route; the answer defaults to JSON and the status to 200. */
export function route<
  Q extends z.ZodType = z.ZodUnknown,
  B extends z.ZodType = z.ZodUnknown,
  R extends z.ZodType = z.ZodUnknown,
>(draft: Draft<Q, B, R>): Route<Q, B, R> {
  return { answer: 'json', status: 200, ...draft };
}

export type QueryOf<R> = R extends Route<infer Q, z.ZodType, z.ZodType> ? z.output<Q> : never;
export type BodyOf<R> = R extends Route<z.ZodType, infer B, z.ZodType> ? z.output<B> : never;
export type ResultOf<R> = R extends Route<z.ZodType, z.ZodType, infer S> ? z.input<S> : never;

/** `''`, `0`, `no`, `false`, `none` are false, anything else is true. Source: moby `httputils.BoolValue`. */
export const queryBoolean = z.string().default('').transform(isTrue);

/** As `queryBoolean`, and true when it is absent. */
export const queryBooleanOrTrue = z.string().default('1').transform(isTrue);

function isTrue(text: string): boolean {
  return !['', '0', 'no', 'false', 'none'].includes(text.toLowerCase().trim());
}

/** A decimal integer in a query; an empty or absent value counts as absent. */
export const queryInteger = z
  .string()
  .optional()
  .transform((text, context) => {
    if (text === undefined || text === '') return undefined;
    if (/^-?\d+$/.test(text)) return Number(text);
    context.addIssue({
      code: 'custom',
      message: `strconv.Atoi: parsing "${text}": invalid syntax`,
    });
    return z.NEVER;
  });

/** Filters as both generations of clients send them, normalised to key → list of values. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/**
 * `{"label":["a=b"]}` and `{"label":{"a=b":true}}` both parse, and `false` there means the same; the
 * empty string is no filter.
 * Source: moby `api/types/filters.FromJSON`.
 */
export const queryFilters = z
  .string()
  .default('')
  .transform((text, context): Filters => {
    if (text === '') return new Map();
    try {
      return parseFilters(JSON.parse(text));
    } catch {
      context.addIssue({ code: 'custom', message: 'invalid filter' });
      return z.NEVER;
    }
  });

function parseFilters(value: unknown): Filters {
  const outer = z.record(
    z.string(),
    z.union([z.array(z.string()), z.record(z.string(), z.boolean())]),
  );
  const entries = Object.entries(outer.parse(value ?? {}));
  return new Map(
    entries.map(([key, values]) => [key, Array.isArray(values) ? values : Object.keys(values)]),
  );
}
