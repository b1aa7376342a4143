/** `Registry` over HTTP(S): finds the endpoint that answers, authorizes, and speaks Docker's errors. */
import type { Clock } from '../../host/clock.ts';
import type { Reference } from '../../formats/reference.ts';
import type { Credentials, Registry, Repository } from '../registry.ts';
import { endpointsOf, type Endpoint, type RegistrySettings } from './endpoints.ts';
import { HttpRepository } from './http-repository.ts';
import { TokenCache } from './tokens.ts';

export class HttpRegistry implements Registry {
  private readonly settings: RegistrySettings;
  private readonly clock: Clock;
  private readonly tokens = new TokenCache();
  /** Domain → the endpoint that last answered, so that plain HTTP registries cost one try only. */
  private readonly answered = new Map<string, Endpoint>();

  constructor(settings: RegistrySettings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
  }

  repository(reference: Reference, credentials?: Credentials): Repository {
    const { domain } = reference;
    const known = this.answered.get(domain);
    const all = endpointsOf(domain, this.settings);
    const endpoints = known ? [known, ...all.filter((it) => it.base !== known.base)] : all;
    return new HttpRepository({
      reference,
      credentials,
      endpoints,
      tokens: this.tokens,
      clock: this.clock,
      onAnswer: (endpoint) => {
        // A mirror that is down now must not be passed over for ever.
        if (!all.some((it) => it.isMirror)) this.answered.set(domain, endpoint);
      },
    });
  }
}
