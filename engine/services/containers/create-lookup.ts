/**
 * Looking up what a create names besides its image. Clients take "not found" at create for the image,
 * pull it and ask again; so what else is missing is an argument that is wrong.
 */
import { EngineError, hasCode, messageOf } from '../../contract/errors.ts';

/** What `find` returns; its `not-found` becomes `invalid-argument`, other errors pass. */
export function lookUpForCreate<T>(find: () => T, prefix = ''): T {
  try {
    return find();
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error;
    throw new EngineError('invalid-argument', `${prefix}${messageOf(error)}`, { cause: error });
  }
}
