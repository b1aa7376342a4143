/** `Registry` over HTTP(S): which endpoints a registry has, how each is reached, and who may ask it. */
import type { Clock } from '../../host/clock.ts';
import type { Reference } from '../../formats/reference.ts';
import {
  RegistryError,
  type Credentials,
  type FoundRepository,
  type Login,
  type PushTarget,
  type Registry,
  type Repository,
  type SearchRequest,
} from '../registry.ts';
import type { Connection } from './connection.ts';
import {
  endpointsOf,
  isInsecureHost,
  isListed,
  ownEndpointsOf,
  type Endpoint,
  type RegistryHosts,
} from './endpoints.ts';
import { readHostCertificates } from './host-certificates.ts';
import { HttpPushTarget } from './http-push-target.ts';
import { HttpRepository } from './http-repository.ts';
import { logIn } from './login.ts';
import type { ProxySettings } from './proxies.ts';
import { indexOf, searchAt, splitTerm } from './search.ts';
import { Session } from './session.ts';
import { TokenCache } from './tokens.ts';
import { UploadThread } from './upload-thread.ts';

export interface RegistrySettings extends RegistryHosts {
  /** Folder with a folder of certificates for each host. */
  readonly certificates: string;
  readonly proxies: ProxySettings;
  /** A connection without a byte for this long (ms) is given up on. */
  readonly silenceMs: number;
}

export class HttpRegistry implements Registry {
  private readonly settings: RegistrySettings;
  private readonly clock: Clock;
  private readonly tokens = new TokenCache();
  private readonly thread = new UploadThread();
  /** Domain → the endpoint that last answered, so that plain HTTP registries cost one try only. */
  private readonly answered = new Map<string, Endpoint>();

  constructor(settings: RegistrySettings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
  }

  repository(reference: Reference, credentials?: Credentials): Repository {
    const { domain, path } = reference;
    const known = this.answered.get(domain);
    const all = endpointsOf(domain, this.settings);
    const endpoints = known ? [known, ...all.filter((it) => it.base !== known.base)] : all;
    const { insecure } = this.settings;
    return new HttpRepository({
      reference,
      sessions: endpoints.map((endpoint) =>
        this.session(endpoint, credentials, [`repository:${path}:pull`]),
      ),
      onAnswer: (endpoint) => {
        // A mirror that is down now must not be passed over for ever.
        if (!all.some((it) => it.isMirror)) this.answered.set(domain, endpoint);
      },
      // Not merely because it is this machine: a manifest could point at any service here.
      mayBePlain: (host) => host === domain || isListed(host, insecure),
    });
  }

  target({ domain, path }: Reference, credentials?: Credentials): PushTarget {
    const sessions = ownEndpointsOf(domain, this.settings).map((endpoint) =>
      this.session(endpoint, credentials, [`repository:${path}:pull,push`]),
    );
    return new HttpPushTarget({ path, sessions, thread: this.thread, clock: this.clock });
  }

  async login(domain: string, credentials: Credentials, signal: AbortSignal): Promise<Login> {
    let failure: unknown;
    for (const endpoint of ownEndpointsOf(domain, this.settings)) {
      try {
        return await logIn(endpoint.base, {
          credentials,
          scopes: [],
          registry: new URL(endpoint.base),
          connection: this.connection(endpoint),
          mayBePlain: (host) => isInsecureHost(host, this.settings.insecure),
          signal,
        });
      } catch (error) {
        signal.throwIfAborted();
        // Refused is refused: the password is not tried on a plain line as well.
        if (error instanceof RegistryError && error.status > 0) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async search(request: SearchRequest, signal: AbortSignal): Promise<FoundRepository[]> {
    const { domain, term } = splitTerm(request.term);
    let failure: unknown;
    for (const endpoint of endpointsOf(domain, this.settings)) {
      const place = {
        base: indexOf(endpoint.base),
        connection: this.connection(endpoint),
        credentials: endpoint.isMirror ? undefined : request.credentials,
      };
      try {
        return await searchAt(place, term, request.limit, signal);
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
        if (error instanceof RegistryError && error.status > 0 && !endpoint.isMirror) break;
      }
    }
    throw failure;
  }

  private session(
    endpoint: Endpoint,
    credentials: Credentials | undefined,
    scopes: readonly string[],
  ): Session {
    return new Session({
      endpoint,
      // What a person entered for a registry is not for its mirrors.
      credentials: endpoint.isMirror ? undefined : credentials,
      scopes,
      connection: this.connection(endpoint),
      mayBePlain: (host) => isInsecureHost(host, this.settings.insecure),
      tokens: this.tokens,
      clock: this.clock,
    });
  }

  private connection({ base, isInsecure }: Endpoint): Connection {
    const { certificates, proxies, silenceMs } = this.settings;
    const { host } = new URL(base);
    return { isInsecure, proxies, silenceMs, ...readHostCertificates(certificates, host) };
  }
}
