/**
 * All containers: found by name, id or prefix, written down before anything else learns of a change.
 *
 * The definition is written when a creation begins, the state when it is complete: a definition
 * without a state is a creation that was cut off. What happened to a container is remembered even
 * where the disk has no room for it, and written as soon as it has.
 */
import { EngineError, hasCode } from '../../contract/errors.ts';
import type { RuntimeFiles } from '../../drivers/runtime-files.ts';
import type { Records, StateStore } from '../../drivers/state.ts';
import { NEW_STATE, type ContainerDefinition, type ContainerState } from './container-record.ts';
import { LiveContainer } from './live-container.ts';
import { nameConflict } from './names.ts';
import { hasProcess } from './state.ts';

const SAVE_AGAIN_MS = 1000;

export class ContainerStore {
  /** Of creations that the last engine's end cut off, for the recovery to undo. */
  readonly halfMade: readonly ContainerDefinition[];
  private readonly state: StateStore;
  private readonly files: RuntimeFiles;
  private readonly definitions: Records<ContainerDefinition>;
  private readonly states: Records<ContainerState>;
  private readonly byId = new Map<string, LiveContainer>();
  private readonly byName = new Map<string, LiveContainer>();
  private readonly listeners = new Set<(id: string) => void>();
  /** Containers whose state is newer than its record, since the disk is full. */
  private readonly unsaved = new Set<LiveContainer>();
  private saveTimer: NodeJS.Timeout | undefined;
  /** By container, as of `linkNamesOf`; undefined after a change. */
  private linkNames: ReadonlyMap<string, string[]> | undefined;

  /** Reads what the last engine wrote. */
  constructor(state: StateStore, files: RuntimeFiles) {
    this.state = state;
    this.files = files;
    this.definitions = state.records('containers');
    this.states = state.records('container_states');
    const states = new Map(this.states.all());
    const halfMade: ContainerDefinition[] = [];
    for (const [id, definition] of this.definitions.all()) {
      const known = states.get(id);
      if (known === undefined) halfMade.push(definition);
      else this.keep(new LiveContainer(definition, known, files));
      states.delete(id);
    }
    for (const id of states.keys()) this.states.delete(id);
    this.halfMade = halfMade;
  }

  private keep(container: LiveContainer): void {
    this.linkNames = undefined;
    this.byId.set(container.id, container);
    this.byName.set(container.name, container);
  }

  /** Begins a creation, which `complete` ends. Throws `conflict` when the name is taken. */
  add(definition: ContainerDefinition): LiveContainer {
    this.requireFree(definition.name);
    this.definitions.put(definition.id, definition);
    const container = new LiveContainer(definition, NEW_STATE, this.files);
    this.keep(container);
    return container;
  }

  /** All that the definition names is made. */
  complete(container: LiveContainer): void {
    this.states.put(container.id, container.state);
  }

  /** Forgets a creation that was cut off, once nothing is left of it. */
  forget({ id }: ContainerDefinition): void {
    this.definitions.delete(id);
  }

  requireFree(name: string): void {
    const holder = this.byName.get(name);
    if (holder !== undefined) throw nameConflict(name, holder.id);
  }

  isTaken(name: string): boolean {
    return this.byName.has(name);
  }

  redefine(container: LiveContainer, changes: Partial<ContainerDefinition>): void {
    this.linkNames = undefined;
    const definition = { ...container.definition, ...changes };
    if (definition.name !== container.name) this.requireFree(definition.name);
    this.definitions.put(container.id, definition);
    this.byName.delete(container.name);
    container.definition = definition;
    this.byName.set(definition.name, container);
    this.changed(container.id);
  }

  /** For what happened: it holds whether there is room to write it down or not. */
  setState(container: LiveContainer, changes: Partial<ContainerState>): void {
    container.state = { ...container.state, ...changes };
    if (this.byId.get(container.id) === container) this.save(container);
    this.changed(container.id);
  }

  /** For what is about to happen, and must not where it cannot be written down. */
  commitState(container: LiveContainer, changes: Partial<ContainerState>): void {
    const state = { ...container.state, ...changes };
    this.states.put(container.id, state);
    container.state = state;
    this.unsaved.delete(container);
    this.changed(container.id);
  }

  /** False while the disk has no room for the container's state. */
  isSaved(container: LiveContainer): boolean {
    return !this.unsaved.has(container);
  }

  private save(container: LiveContainer): void {
    try {
      this.states.put(container.id, container.state);
      this.unsaved.delete(container);
    } catch (error) {
      if (!hasCode(error, 'out-of-space')) throw error;
      this.unsaved.add(container);
      this.saveTimer ??= setTimeout(() => this.saveAgain(), SAVE_AGAIN_MS).unref();
    }
  }

  private saveAgain(): void {
    this.saveTimer = undefined;
    for (const container of this.unsaved) this.save(container);
  }

  /** For a state that means nothing to the next engine: it is shown, but not written down. */
  showState(container: LiveContainer, changes: Partial<ContainerState>): void {
    container.state = { ...container.state, ...changes };
    this.changed(container.id);
  }

  delete(container: LiveContainer): void {
    this.linkNames = undefined;
    this.state.transaction(() => {
      this.definitions.delete(container.id);
      this.states.delete(container.id);
    });
    this.unsaved.delete(container);
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

  /** True while any container runs, as far as is known. */
  hasProcesses(): boolean {
    return [...this.byId.values()].some(({ state }) => hasProcess(state));
  }

  onChange(listener: (id: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    clearTimeout(this.saveTimer);
  }

  /** Names a container is known by to those that link to it: `web/database`. */
  linkNamesOf(id: string): readonly string[] {
    if (this.linkNames === undefined) {
      const names = new Map<string, string[]>();
      for (const { name, definition } of this.byId.values())
        for (const { containerId, alias } of definition.links ?? [])
          names.set(containerId, [...(names.get(containerId) ?? []), `${name}/${alias}`]);
      this.linkNames = names;
    }
    return this.linkNames.get(id) ?? [];
  }

  private changed(id: string): void {
    for (const listener of this.listeners) listener(id);
  }
}
