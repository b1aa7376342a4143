/**
 * Container logs over HTTP: Docker's route, and the window's pages, following and search.
 *
 * Wiring: one `FileLogStore`; `logHandlers(new ContainerLogs(containers, store, clock))` for
 * `LOG_ROUTES`; `gantryLogHandlers(new LogPages(containers, store), new LogSearch(containers, store,
 * new ThreadedBlockSearchers()))` for three of `GANTRY_ROUTES`; and one `LogRotation`, which runs by
 * itself until it is disposed of.
 */
import type { ServerResponse } from 'node:http';
import { EngineError } from '../contract/errors.ts';
import type { GANTRY_ROUTES } from '../contract/gantry.ts';
import type { LOG_ROUTES } from '../contract/logs.ts';
import { parseTimestampNs } from '../formats/timestamps.ts';
import { systemClock } from '../host/clock.ts';
import type { ContainerLogs } from '../services/logs/container-logs.ts';
import type { LogPages } from '../services/logs/log-pages.ts';
import type { LogSearch } from '../services/logs/log-search.ts';
import type { Call, Handlers } from './handler.ts';

/** The window's three log routes, `logPage`, `logFollow` and `logSearch` of `GANTRY_ROUTES`. */
export function gantryLogHandlers(
  pages: LogPages,
  search: LogSearch,
): Pick<Handlers<typeof GANTRY_ROUTES>, 'logPage' | 'logFollow' | 'logSearch'> {
  return {
    logPage: ({ params, query }) => pages.page(params['id'] ?? '', query),
    logFollow: ({ params, query, signal }) => pages.follow(params['id'] ?? '', query.after, signal),
    logSearch: ({ params, query, signal }) => {
      const request = {
        text: query.q,
        isRegex: query.regex,
        matchCase: query.case,
        limit: query.limit,
      };
      return search.search(params['id'] ?? '', request, signal);
    },
  };
}

type LogsCall = Call<(typeof LOG_ROUTES)['containerLogs']>;

export function logHandlers(logs: ContainerLogs): Handlers<typeof LOG_ROUTES> {
  return { containerLogs: (call) => sendLogs(logs, call) };
}

async function sendLogs(logs: ContainerLogs, call: LogsCall): Promise<void> {
  const { query, response, signal } = call;
  if (!query.stdout && !query.stderr)
    throw new EngineError(
      'invalid-argument',
      'Bad parameters: you must choose at least one stream',
    );
  const nowNs = systemClock.nowNs();
  const request = {
    ...query,
    sinceNs: parseTimestampNs(query.since, nowNs),
    untilNs: parseTimestampNs(query.until, nowNs),
    tailLines: /^\+?\d+$/.test(query.tail) ? Number(query.tail) : undefined,
  };
  const { isTty, bytes } = logs.open(call.params['id'] ?? '', request, signal);
  response.setHeader(
    'Content-Type',
    isTty || call.apiVersion < 42
      ? 'application/vnd.docker.raw-stream'
      : 'application/vnd.docker.multiplexed-stream',
  );
  // A followed log may stay silent for long: the client must know at once that it is connected.
  response.writeHead(200);
  response.flushHeaders();
  await sendAll(bytes, response, signal);
}

/**
 * Sends the bytes as fast as the client takes them; a client that went away ends the reading. Each
 * chunk is out before the next is asked for, since they share memory.
 */
async function sendAll(
  bytes: AsyncIterable<Buffer>,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const chunk of bytes) {
      if (signal.aborted || !(await isSent(response, chunk))) return;
    }
    response.end();
  } catch (error) {
    // The status is sent: cutting the connection is the only way left to say that it went wrong.
    response.destroy();
    throw error;
  }
}

/** Resolves when the bytes are with the kernel; false when the client is gone. */
function isSent(response: ServerResponse, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    response.write(bytes, (error) => resolve(!error));
  });
}
