/**
 * Kept-alive connections, one set for each way of reaching a host: its trust, its client certificates,
 * its proxy. Everything about TLS loads with the first registry that speaks it (5 MB of memory).
 */
import { Agent as HttpAgent } from 'node:http';
import type { Connection } from './connection.ts';
import { proxyFor } from './proxies.ts';

const AGENT_OPTIONS = {
  keepAlive: true,
  keepAliveMsecs: 10_000,
  maxFreeSockets: 6,
  timeout: 30_000,
};
/** Ways of reaching hosts that are remembered; the oldest loses its idle connections first. */
const AGENTS_MAX = 16;

const agents = new Map<string, HttpAgent>();

/** The agent for requests to this address. */
export function agentFor(url: URL, connection: Connection): HttpAgent {
  const proxy = proxyFor(url, connection.proxies);
  const { isInsecure, authorities, identities } = connection;
  const isTls = url.protocol === 'https:';
  const key = JSON.stringify(isTls ? [proxy, isInsecure, authorities, identities] : [proxy]);
  let agent = agents.get(`${url.protocol} ${key}`);
  if (agent === undefined) {
    agent = isTls ? tlsAgent(connection, proxy) : plainAgent(proxy);
    agents.set(`${url.protocol} ${key}`, agent);
    forgetOldest();
  }
  return agent;
}

function plainAgent(proxy: string | undefined): HttpAgent {
  return new HttpAgent({ ...AGENT_OPTIONS, ...(proxy && { proxyEnv: { HTTP_PROXY: proxy } }) });
}

function tlsAgent(connection: Connection, proxy: string | undefined): HttpAgent {
  const https = process.getBuiltinModule('node:https');
  const tls = process.getBuiltinModule('node:tls');
  const { isInsecure, authorities, identities } = connection;
  const secureContext = tls.createSecureContext({
    // Node's own list leaves out what the administrator added to the machine's.
    ca: isInsecure ? [] : [...trustedAuthorities(), ...authorities],
    ...(identities.length > 0 && {
      cert: identities.map(({ certificate }) => certificate),
      key: identities.map(({ key }) => key),
    }),
  });
  return new https.Agent({
    ...AGENT_OPTIONS,
    secureContext,
    rejectUnauthorized: !isInsecure,
    ...(proxy && { proxyEnv: { HTTPS_PROXY: proxy } }),
  });
}

function trustedAuthorities(): Set<string> {
  const tls = process.getBuiltinModule('node:tls');
  return new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')]);
}

function forgetOldest(): void {
  const [oldest] = agents;
  if (agents.size <= AGENTS_MAX || oldest === undefined) return;
  agents.delete(oldest[0]);
  // Requests under way go on: an agent without pooling closes each socket after its request.
  oldest[1].maxFreeSockets = 0;
}
