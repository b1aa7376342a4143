/** What a handler is given and what it may answer with. The server does everything else. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type * as z from 'zod';
import type { BodyOf, QueryOf, ResultOf, Route } from '../contract/route.ts';

export interface Call<R extends Route> {
  /** `{name}` segments of the path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: QueryOf<R>;
  /** Parsed and checked where the route has a body schema, else undefined. */
  readonly body: BodyOf<R>;
  /** The minor number of the version asked for: 50 for `/v1.50/…` and for no prefix. */
  readonly apiVersion: number;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  readonly request: IncomingMessage;
  /** For `stream` answers and extra headers. Nothing is sent before the handler returns or writes. */
  readonly response: ServerResponse;
  /**
   * For `hijack` answers: sends `101 UPGRADED` (or `200 OK` when the client did not ask for an
   * upgrade) and hands over the connection, half-close allowed, bytes that came early included.
   */
  hijack(contentType: string): Duplex;
  /**
   * For a protocol of its own: the bare connection of a client that asked for an upgrade, to answer
   * it on. Throws `invalid-argument` when it did not ask.
   */
  takeConnection(): Duplex;
}

/**
 * A handler of a `json` route returns the document; of a `json-lines` route an async iterable whose
 * first read may still throw with a real status, and whose later errors go in-band; of `stream` and
 * `hijack` routes nothing, once it is done writing.
 */
export type Handler<R extends Route> = (
  call: Call<R>,
) => Promise<HandlerResult<R>> | HandlerResult<R>;

export type HandlerResult<R extends Route> =
  ResultOf<R> | AsyncIterable<ResultOf<R>> | undefined | void;

/** A handler for each route of a table. */
export type Handlers<Routes extends Record<string, Route>> = {
  readonly [Name in keyof Routes]: Handler<Routes[Name]>;
};

/** A route bound to its handler, as the router stores it. */
export interface BoundRoute {
  readonly route: Route;
  readonly handle: Handler<Route>;
}

/** Pairs a table of routes with its handlers. */
export function bind<Routes extends Record<string, Route<z.ZodType, z.ZodType, z.ZodType>>>(
  routes: Routes,
  handlers: Handlers<Routes>,
): BoundRoute[] {
  return Object.entries(routes).map(([name, route]) => ({
    route,
    handle: handlers[name] as unknown as Handler<Route>,
  }));
}
