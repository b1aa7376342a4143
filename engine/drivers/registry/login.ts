/** Shows credentials to one endpoint of a registry. Source: moby `registry/auth.go`, loginV2. */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { RegistryError, type Login } from '../registry.ts';
import { parseChallenge } from './challenge.ts';
import { describeFailure } from './connection-errors.ts';
import { basicAuthorization, fetchToken, type Grant } from './tokens.ts';
import { send } from './transport.ts';

/** Throws `unauthorized` when the registry or its token server refuses the credentials. */
export async function logIn(base: string, grant: Grant): Promise<Login> {
  const url = `${base}/v2/`;
  const { connection, signal } = grant;
  const ask = async (headers: Record<string, string>) => {
    const response = await send({ url, headers, connection, signal });
    response.resume();
    return response;
  };
  try {
    const first = await ask({});
    const challenge = parseChallenge(first.headers['www-authenticate']);
    if (first.statusCode !== 401 || challenge === undefined) return succeeded(first, url, '');
    if (challenge.scheme === 'basic') {
      const authorization = basicAuthorization(grant.credentials);
      return succeeded(await ask({ authorization }), url, '');
    }
    const { token, identityToken } = await fetchToken(challenge, grant, { offline: true });
    return succeeded(await ask({ authorization: `Bearer ${token}` }), url, identityToken);
  } catch (error) {
    signal.throwIfAborted();
    throw described(error, url);
  }
}

function succeeded({ statusCode = 0 }: IncomingMessage, url: string, identityToken: string): Login {
  if (statusCode === 200) return { identityToken };
  throw new RegistryError(
    statusCode === 401 ? 'unauthorized' : 'internal',
    `login attempt to ${url} failed with status: ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`,
    statusCode,
  );
}

function described(error: unknown, url: string): unknown {
  if (error instanceof RegistryError)
    return error.message.startsWith('login attempt')
      ? error
      : new RegistryError(error.code, `Get "${url}": ${error.message}`, error.status);
  if (!(error instanceof Error)) return error;
  return new RegistryError('internal', describeFailure(error, 'GET', url), 0, { cause: error });
}
