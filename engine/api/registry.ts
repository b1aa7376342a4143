/** Routes that ask registries: push, search, login, distribution, updates. */
import * as z from 'zod';
import { EngineError } from '../contract/errors.ts';
import type { REGISTRY_ROUTES } from '../contract/registry.ts';
import type { Platform } from '../formats/platform.ts';
import { parseReference, withTag, type Reference } from '../formats/reference.ts';
import type { ImageService } from '../services/images/image-service.ts';
import type { RegistryService } from '../services/registries/registry-service.ts';
import type { Handlers } from './handler.ts';
import { readCredentials, readCredentialsByDomain } from './registry-auth.ts';

/** Older clients send a platform that was never looked at. Source: moby postImagesPush. */
const PUSH_PLATFORM_SINCE = 46;

export function registryHandlers(
  images: ImageService,
  registries: RegistryService,
): Handlers<typeof REGISTRY_ROUTES> {
  return {
    imagePush: ({ params, query, apiVersion, request, signal }) =>
      images.push(
        {
          reference: pushedReference(params['name'] ?? '', query.tag),
          platform: apiVersion < PUSH_PLATFORM_SINCE ? undefined : readPlatform(query.platform),
          ...credentialsIn(request.headers['x-registry-auth']),
        },
        signal,
      ),
    imageSearch: ({ query, request, signal }) =>
      registries.search({ ...query, ...credentialsIn(request.headers['x-registry-auth']) }, signal),
    auth: async ({ body, signal }) => {
      const { username, password, identitytoken: identityToken, serveraddress } = body;
      const credentials = { username, password, ...(identityToken && { identityToken }) };
      const token = await registries.login(serveraddress, credentials, signal);
      return { Status: 'Login Succeeded', IdentityToken: token };
    },
    distributionInspect: ({ params, request, signal }) =>
      registries.inspect(
        parseReference(params['name'] ?? ''),
        readCredentials(request.headers['x-registry-auth']),
        signal,
      ),
    imageUpdates: ({ request, signal }) => {
      const credentials = readCredentialsByDomain(request.headers['x-registry-config']);
      return images.updates((domain) => credentials.get(domain), signal);
    },
  };
}

function credentialsIn(header: string | string[] | undefined) {
  const credentials = readCredentials(header);
  return credentials && { credentials };
}

function pushedReference(name: string, tag: string): Reference {
  const reference = parseReference(name);
  return tag === '' ? reference : withTag(reference, tag);
}

const platformSchema = z.looseObject({
  os: z.string().default(''),
  architecture: z.string().default(''),
  variant: z.string().optional(),
});

/** Source: moby `httputils.DecodePlatform`. */
function readPlatform(text: string): Platform | undefined {
  if (text === '') return undefined;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new EngineError('invalid-argument', 'failed to parse platform', { cause });
  }
  const platform = platformSchema.safeParse(document).data;
  if (platform === undefined) throw new EngineError('invalid-argument', 'failed to parse platform');
  const { os, architecture, variant } = platform;
  if (os === '' || architecture === '')
    throw new EngineError('invalid-argument', 'both OS and Architecture must be provided');
  return { os, architecture, ...(variant && { variant }) };
}
