/**
 * What a token allows: `repository:library/busybox:pull,push`, several with a space between. Neither
 * scopes nor their actions have an order. Pure.
 * Source: distribution, "Token Scope Documentation".
 */

/** All that any of the texts asks for, each repository once, in one order whatever theirs was. */
export function unionOfScopes(texts: readonly string[]): string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of texts.flatMap((text) => text.split(' ')).filter((it) => it !== '')) {
    const mark = scope.lastIndexOf(':');
    const subject = scope.slice(0, Math.max(mark, 0));
    const set = actions.get(subject) ?? new Set();
    for (const action of scope.slice(mark + 1).split(',')) set.add(action);
    actions.set(subject, set);
  }
  return [...actions]
    .map(([subject, set]) => `${subject}:${[...set].toSorted().join(',')}`)
    .toSorted();
}
