/** Containers and images as the engine would describe them, for tests and the drawing board. */
import type { ImageSummary, WatchedContainer } from '../../electron/ipc/contract.ts';

export function aContainer(overrides: Partial<WatchedContainer> & { name?: string } = {}) {
  const { name = 'web', ...rest } = overrides;
  const container: WatchedContainer = {
    Id: hex(name),
    Names: [`/${name}`],
    Image: 'nginx:1.29',
    ImageID: 'sha256:1',
    Command: 'nginx -g daemon off;',
    Created: 1_763_600_000,
    Ports: [],
    Labels: {},
    State: 'running',
    Status: 'Up 3 hours',
    HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: { Networks: {} },
    Mounts: [],
    StartedAt: '2026-11-20T10:00:00Z',
    FinishedAt: '',
    ExitCode: 0,
    RestartCount: 0,
    Health: '',
    Tty: false,
    ...rest,
  };
  return container;
}

export function anImage(overrides: Partial<ImageSummary> = {}): ImageSummary {
  const tag = overrides.RepoTags?.[0] ?? 'nginx:1.29';
  return {
    Id: `sha256:${hex(tag)}`,
    ParentId: '',
    RepoTags: [tag],
    RepoDigests: [],
    Created: 1_763_000_000,
    Size: 192_000_000,
    SharedSize: -1,
    Labels: null,
    Containers: -1,
    ...overrides,
  };
}

/** 64 hexadecimal digits that depend on the text alone (FNV-1a, stretched). */
export function hex(text: string): string {
  let digits = '';
  for (let round = 0; digits.length < 64; round += 1) {
    let hash = 0x811c9dc5;
    for (const letter of `${round}${text}`)
      hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    digits += hash.toString(16).padStart(8, '0');
  }
  return digits;
}
