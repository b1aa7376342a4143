/** Which local tags stand for something else in their registry by now. Fetches no image. */
import { messageOf } from '../../contract/errors.ts';
import type { ImageUpdate } from '../../contract/registry.ts';
import type { Credentials, Registry } from '../../drivers/registry.ts';
import { familiarString, repositoryOf, type Reference } from '../../formats/reference.ts';
import type { ImageStore } from './image-store.ts';

/** Registries are asked about so many tags at a time. */
const ASKED_AT_ONCE = 4;
/** One registry that does not answer holds up its own tags for this long, and nothing for ever. */
const PATIENCE_MS = 20_000;

export interface UpdateParts {
  readonly images: ImageStore;
  readonly registry: Registry;
}

interface Question {
  readonly reference: Reference;
  readonly imageId: string;
  readonly localDigests: readonly string[];
}

/**
 * Asks for every tag whose image came from, or went to, the tag's own repository: of others, as of
 * what was built here, a registry knows nothing. One line each, failures told, in order of name.
 */
export async function findUpdates(
  { images, registry }: UpdateParts,
  credentialsFor: (domain: string) => Credentials | undefined,
  signal: AbortSignal,
): Promise<ImageUpdate[]> {
  const questions = images.all().flatMap(({ id }) => questionsOf(images.referencesOf(id), id));
  const answers: ImageUpdate[] = [];
  const silent = new Map<string, string>();
  const askNext = async (): Promise<void> => {
    for (let next = questions.pop(); next !== undefined; next = questions.pop()) {
      const { domain } = next.reference;
      const credentials = credentialsFor(domain);
      const error = silent.get(domain);
      const answer = error
        ? unanswered(next, error)
        : await ask(registry, next, credentials, signal, (why) => silent.set(domain, why));
      signal.throwIfAborted();
      answers.push(answer);
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askNext));
  return answers.toSorted((a, b) => (a.Reference < b.Reference ? -1 : 1));
}

function questionsOf(names: readonly Reference[], imageId: string): Question[] {
  const tags = names.filter(({ digest }) => digest === undefined);
  return tags
    .map((reference) => ({ reference, imageId, localDigests: digestsFrom(names, reference) }))
    .filter(({ localDigests }) => localDigests.length > 0);
}

function digestsFrom(names: readonly Reference[], tag: Reference): string[] {
  const repository = repositoryOf(tag);
  return names
    .filter((name) => name.digest !== undefined && repositoryOf(name) === repository)
    .map((name) => name.digest as string);
}

async function ask(
  registry: Registry,
  question: Question,
  credentials: Credentials | undefined,
  signal: AbortSignal,
  onSilence: (why: string) => void,
): Promise<ImageUpdate> {
  const { reference, localDigests } = question;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    const remote = await registry
      .repository(reference, credentials)
      .digestOf(reference.tag ?? '', AbortSignal.any([signal, patience]));
    const hasUpdate = !localDigests.includes(remote);
    return { ...unanswered(question), RemoteDigest: remote, HasUpdate: hasUpdate };
  } catch (error) {
    const why = patience.aborted ? `${reference.domain} does not answer` : messageOf(error);
    if (patience.aborted) onSilence(why);
    return unanswered(question, why);
  }
}

function unanswered(question: Question, error?: string): ImageUpdate {
  return {
    Reference: familiarString(question.reference),
    ImageId: question.imageId,
    LocalDigests: [...question.localDigests],
    RemoteDigest: '',
    HasUpdate: false,
    ...(error !== undefined && { Error: error }),
  };
}
