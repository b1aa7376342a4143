/**
 * The engine's HTTP API, typed by the route tables of `engine/contract`: one function for answers
 * that are a document, one for streams of documents, one for taken-over connections. What the engine
 * answers is trusted to have the shape of its contract, which the engine's own tests assert.
 */
import type { Duplex } from 'node:stream';
import type * as z from 'zod';
import type { Route } from '../../engine/contract/route.ts';
import { API_VERSION } from '../../engine/contract/version.ts';
import { EngineConnection, goneError, readJson, type EngineAddress } from './engine-connection.ts';
import { parseJsonLines } from './json-lines.ts';

type QueryInput<R> =
  R extends Route<infer Q, z.ZodType, z.ZodType>
    ? { readonly [K in keyof z.input<Q>]?: string | number | boolean | undefined }
    : never;
type BodyInput<R> = R extends Route<z.ZodType, infer B, z.ZodType> ? z.input<B> : never;
type Result<R> = R extends Route<z.ZodType, z.ZodType, infer S> ? z.output<S> : never;

export interface RouteArguments<R extends Route> {
  /** Values of the `{name}` parts of the path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: QueryInput<R>;
  readonly body?: BodyInput<R>;
  readonly signal?: AbortSignal | undefined;
}

export class EngineClient {
  readonly #connection: EngineConnection;

  constructor(address: EngineAddress) {
    this.#connection = new EngineConnection(address);
  }

  get address(): EngineAddress {
    return this.#connection.address;
  }

  /** Resolves when the engine answers at all. */
  async ping(signal?: AbortSignal): Promise<void> {
    const response = await this.#connection.open({ method: 'GET', path: '/_ping', signal });
    response.resume();
  }

  /** The document a route answers with. */
  async call<R extends Route>(route: R, given: RouteArguments<R> = {}): Promise<Result<R>> {
    const response = await this.#connection.open(requestOf(route, given));
    try {
      return (await readJson(response)) as Result<R>;
    } catch (error) {
      given.signal?.throwIfAborted();
      throw error instanceof SyntaxError ? error : goneError(error, this.address);
    }
  }

  /**
   * The documents of a `json-lines` route. The request goes out on the first read; leaving the loop
   * closes the connection.
   */
  async *lines<R extends Route>(
    route: R,
    given: RouteArguments<R> = {},
  ): AsyncGenerator<Result<R>, void, undefined> {
    const response = await this.#connection.open(requestOf(route, given));
    try {
      yield* parseJsonLines(this.#bytes(response, given.signal)) as AsyncGenerator<Result<R>>;
    } finally {
      response.destroy();
    }
  }

  /** The bytes of a `stream` route, or of any other. */
  async *bytes<R extends Route>(
    route: R,
    given: RouteArguments<R> = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const response = await this.#connection.open(requestOf(route, given));
    try {
      yield* this.#bytes(response, given.signal);
    } finally {
      response.destroy();
    }
  }

  /** The connection of a `hijack` route; the caller destroys it. */
  hijack<R extends Route>(route: R, given: RouteArguments<R> = {}): Promise<Duplex> {
    return this.#connection.upgrade(requestOf(route, given));
  }

  /** Tells an answer that broke off as what it is: the engine went away. */
  async *#bytes(
    response: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* response;
    } catch (error) {
      signal?.throwIfAborted();
      throw goneError(error, this.address);
    }
  }
}

function requestOf<R extends Route>(route: R, given: RouteArguments<R>) {
  return {
    method: route.method,
    path: pathOf(route, given.params ?? {}) + queryText(given.query ?? {}),
    body: given.body,
    signal: given.signal,
  };
}

/** Gantry's own routes carry no version. */
function pathOf(route: Route, params: Readonly<Record<string, string>>): string {
  const path = route.path.replaceAll(/\{(\w+)(\*?)\}/g, (_match, name: string, rest: string) => {
    const value = params[name];
    if (value === undefined || value === '') throw new TypeError(`${route.path} wants ${name}`);
    if (value === '.' || value === '..') throw new TypeError(`${name} cannot be ${value}`);
    return rest ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
  });
  return path.startsWith('/gantry/') ? path : `/v1.${API_VERSION}${path}`;
}

function queryText(query: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const words = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => [name, value === true ? '1' : String(value)] as [string, string]);
  return words.length === 0 ? '' : `?${new URLSearchParams(words)}`;
}
