/**
 * Whether a text can be an image reference, and what is wrong with it in a word the window can say.
 * The engine has the last word; this saves the way there. Pure. Source: OCI distribution reference
 * grammar.
 */
export type ReferenceProblem = 'spaces' | 'uppercase' | 'malformed';

const REFERENCE =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,})?$/;

export function referenceProblem(reference: string): ReferenceProblem | null {
  if (/\s/.test(reference)) return 'spaces';
  if (REFERENCE.test(reference)) return null;
  const repository = reference.replace(/[:@][^/]*$/, '').replace(/^[^/]*[.:][^/]*\//, '');
  return /[A-Z]/.test(repository) ? 'uppercase' : 'malformed';
}

/** What people paste: `docker pull x`, `https://hub.docker.com/_/x`. */
export function tidyReference(text: string): string {
  return text
    .trim()
    .replace(/^(?:sudo\s+)?(?:docker|podman|nerdctl)\s+(?:image\s+)?pull\s+/, '')
    .replace(/^https?:\/\/hub\.docker\.com\/(?:_|r)\//, '')
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '');
}
