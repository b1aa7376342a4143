/**
 * All containers: found by name, id or prefix, written down before anything else learns of a change.
 */
import { EngineError } from '../../contract/errors.ts';
import type { RuntimeFiles } from '../../drivers/runtime-files.ts';
import type { Records, StateStore } from '../../drivers/state.ts';
import type { ContainerDefinition, ContainerState } from './container-record.ts';
import { LiveContainer } from './live-container.ts';
import { nameConflict } from './names.ts';

export class ContainerStore {
  private readonly files: RuntimeFiles;
  private readonly definitions: Records<ContainerDefinition>;
  private readonly states: Records<ContainerState>;
  private readonly byId = new Map<string, LiveContainer>();
  private readonly byName = new Map<string, LiveContainer>();
  private readonly listeners = new Set<(id: string) => void>();

  /** Reads what the last engine wrote. */
  constructor(state: StateStore, files: RuntimeFiles) {
    this.files = files;
    this.definitions = state.records('containers');
    this.states = state.records('container_states');
    for (const [id, definition] of this.definitions.all()) {
      const known = this.states.get(id);
      if (known === undefined) this.definitions.delete(id);
      else this.keep(new LiveContainer(definition, known, files));
    }
  }

  private keep(container: LiveContainer): void {
    this.byId.set(container.id, container);
    this.byName.set(container.name, container);
  }

  /** Throws `conflict` when the name is taken. */
  add(definition: ContainerDefinition, state: ContainerState): LiveContainer {
    this.requireFree(definition.name);
    this.states.put(definition.id, state);
    this.definitions.put(definition.id, definition);
    const container = new LiveContainer(definition, state, this.files);
    this.keep(container);
    return container;
  }

  requireFree(name: string): void {
    const holder = this.byName.get(name);
    if (holder !== undefined) throw nameConflict(name, holder.id);
  }

  isTaken(name: string): boolean {
    return this.byName.has(name);
  }

  redefine(container: LiveContainer, changes: Partial<ContainerDefinition>): void {
    const definition = { ...container.definition, ...changes };
    if (definition.name !== container.name) this.requireFree(definition.name);
    this.definitions.put(container.id, definition);
    this.byName.delete(container.name);
    container.definition = definition;
    this.byName.set(definition.name, container);
    this.changed(container.id);
  }

  setState(container: LiveContainer, changes: Partial<ContainerState>): void {
    container.state = { ...container.state, ...changes };
    this.states.put(container.id, container.state);
    this.changed(container.id);
  }

  /** For a state that means nothing to the next engine: it is shown, but not written down. */
  showState(container: LiveContainer, changes: Partial<ContainerState>): void {
    container.state = { ...container.state, ...changes };
    this.changed(container.id);
  }

  delete(container: LiveContainer): void {
    this.definitions.delete(container.id);
    this.states.delete(container.id);
    this.byId.delete(container.id);
    if (this.byName.get(container.name) === container) this.byName.delete(container.name);
    this.changed(container.id);
  }

  get(id: string): LiveContainer | undefined {
    return this.byId.get(id);
  }

  /** By id, name (with or without slash) or unique prefix of an id. Throws with Docker's texts. */
  find(text: string): LiveContainer {
    const exact =
      this.byId.get(text) ?? this.byName.get(text.startsWith('/') ? text.slice(1) : text);
    if (exact !== undefined) return exact;
    const matches = /^[0-9a-f]+$/.test(text)
      ? [...this.byId.values()].filter(({ id }) => id.startsWith(text))
      : [];
    if (matches.length > 1)
      throw new EngineError('invalid-argument', `multiple IDs found with provided prefix: ${text}`);
    if (matches[0] !== undefined) return matches[0];
    throw new EngineError('not-found', `No such container: ${text}`);
  }

  /** Oldest first. */
  all(): LiveContainer[] {
    return [...this.byId.values()].toSorted((a, b) =>
      a.definition.createdAt < b.definition.createdAt ? -1 : 1,
    );
  }

  onChange(listener: (id: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private changed(id: string): void {
    for (const listener of this.listeners) listener(id);
  }
}
