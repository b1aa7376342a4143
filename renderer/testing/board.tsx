/**
 * The drawing board: the whole window over a host made of memory, for `vite -c renderer/vite.config.ts`
 * at `/testing/board.html?theme=dark&lang=zh&containers=1000`. Never part of a build.
 */
import type { EngineStatus, Settings } from '../../electron/ipc/contract.ts';
import { MemoryBridge } from './memory-bridge.ts';

const query = new URLSearchParams(window.location.search);
const bridge = new MemoryBridge({
  containers: Number(query.get('containers') ?? 0),
  images: Number(query.get('images') ?? 0),
  logsPerSecond: Number(query.get('logs') ?? 2),
  phase: (query.get('phase') ?? 'ready') as EngineStatus['phase'],
  settings: {
    theme: (query.get('theme') ?? 'system') as Settings['theme'],
    language: (query.get('lang') ?? 'system') as Settings['language'],
  },
});
Object.assign(window, { gantry: bridge });
await import('../app/entry.tsx');
