import type { Chapter } from './chapter.ts';
import { ARCHIVE } from './chapters/archive.ts';
import { ATTACH } from './chapters/attach.ts';
import { COPY } from './chapters/copy.ts';
import { CREATE_START } from './chapters/create-start.ts';
import { EVENTS } from './chapters/events.ts';
import { EXEC } from './chapters/exec.ts';
import { IMAGES } from './chapters/images.ts';
import { INSPECT } from './chapters/inspect.ts';
import { LIFE } from './chapters/life.ts';
import { LOGS } from './chapters/logs.ts';
import { NETWORKS } from './chapters/networks.ts';
import { NUMBERS } from './chapters/numbers.ts';
import { OPTIONS } from './chapters/options.ts';
import { PS } from './chapters/ps.ts';
import { REGISTRY } from './chapters/registry.ts';
import { REMOVAL } from './chapters/removal.ts';
import { RUN } from './chapters/run.ts';
import { SAVE_LOAD } from './chapters/save-load.ts';
import { SYSTEM } from './chapters/system.ts';
import { VOLUMES } from './chapters/volumes.ts';

export const CHAPTERS: readonly Chapter[] = [
  RUN,
  OPTIONS,
  CREATE_START,
  PS,
  INSPECT,
  LOGS,
  EXEC,
  LIFE,
  ATTACH,
  COPY,
  ARCHIVE,
  NUMBERS,
  EVENTS,
  REMOVAL,
  IMAGES,
  SAVE_LOAD,
  REGISTRY,
  VOLUMES,
  NETWORKS,
  SYSTEM,
];
