/** Giving a container another name. */
import { EngineError } from '../../contract/errors.ts';
import { publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { checkName } from './names.ts';

export function renameContainer(
  context: ContainerContext,
  container: LiveContainer,
  wanted: string,
): void {
  if (wanted === '')
    throw new EngineError('invalid-argument', 'Neither old nor new names may be empty');
  const oldName = container.name;
  const name = wanted.startsWith('/') ? wanted.slice(1) : wanted;
  if (name === oldName)
    throw new EngineError(
      'invalid-argument',
      'Renaming a container with the same name as its current name',
    );
  try {
    checkName(`/${name}`);
    context.store.requireFree(name);
  } catch (error) {
    const { code, message } = error as EngineError;
    throw new EngineError(code, `Error when allocating new name: ${message}`, { cause: error });
  }
  context.store.redefine(container, { name });
  publish(context, container, 'rename', { oldName: `/${oldName}` });
}
