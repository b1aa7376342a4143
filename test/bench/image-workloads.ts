/** Images in and out: registries, archives, lists. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { buildImage } from '../support/image-layout.ts';
import { Registry } from '../support/registry.ts';
import { writeTar, type TarEntry } from '../support/tar-writer.ts';
import type { Contestant, Contestants } from './contestants.ts';
import { timeCli, timed, type Workload } from './workload.ts';

export const IMAGE_WORKLOADS: readonly Workload[] = [
  {
    name: 'pull 5 layers, 250 MB',
    rounds: 3,
    quickRounds: 1,
    bar: 2,
    run: (contestant) => pull(contestant, 'large'),
  },
  {
    name: 'pull 10,000 small files',
    rounds: 3,
    quickRounds: 1,
    bar: 2,
    run: (contestant) => pull(contestant, 'small'),
  },
  { name: 'push 5 layers, 250 MB', rounds: 3, quickRounds: 1, bar: 1.5, run: push },
  { name: 'save 5 layers, 250 MB', rounds: 3, quickRounds: 1, bar: 2, run: save },
];

async function pull(contestant: Contestant, name: string): Promise<number> {
  const took = await timeCli(contestant, ['pull', '--quiet', name]);
  await contestant.docker.ok('rmi', name);
  return took;
}

/** To a registry that has nothing yet, on loopback. */
async function push(contestant: Contestant): Promise<number> {
  await using registry = await Registry.start({
    namespace: contestant.namespace,
    port: 5001,
    withBaseImages: false,
  });
  const name = `${registry.address}/large`;
  await withLarge(contestant, () => contestant.docker.ok('tag', 'large', name));
  const took = await timeCli(contestant, ['push', '--quiet', name]);
  await contestant.docker.ok('rmi', name, 'large');
  return took;
}

async function save(contestant: Contestant): Promise<number> {
  const took = await withLarge(contestant, () => timeCli(contestant, ['save', 'large']));
  await contestant.docker.ok('rmi', 'large');
  return took;
}

async function withLarge<T>(contestant: Contestant, work: () => Promise<T>): Promise<T> {
  await contestant.docker.ok('pull', '--quiet', 'large');
  return await work();
}

/** Both engines load both engines' archives of the same image. */
export async function loadWorkloads(
  { docker, gantry }: Contestants,
  folder: string,
): Promise<Workload[]> {
  const archives = await Promise.all(
    [docker, gantry].map(async (writer) => {
      const path = join(folder, `${writer === docker ? 'docker' : 'gantry'}.tar`);
      await writer.docker.ok('pull', '--quiet', 'large');
      await writer.docker.ok('save', '-o', path, 'large');
      await writer.docker.ok('rmi', 'large');
      return { path, owner: writer === docker ? "Docker's" : 'our' };
    }),
  );
  return archives.map(({ path, owner }) => ({
    name: `load 250 MB, ${owner} archive`,
    rounds: 3,
    quickRounds: 1,
    bar: 2,
    run: async (contestant: Contestant) => {
      const took = await timeCli(contestant, ['load', '--quiet', '-i', path]);
      await contestant.docker.ok('rmi', 'large');
      return took;
    },
  }));
}

const IMAGES = 1_000;

/** The images stay: to be run last. */
export async function listWorkload({ docker, gantry }: Contestants): Promise<Workload> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  try {
    const path = join(folder, 'many.tar');
    writeFileSync(path, archiveOfMany(IMAGES));
    for (const { docker: cli } of [docker, gantry]) await cli.ok('load', '--quiet', '-i', path);
  } finally {
    await rm(folder, { recursive: true });
  }
  return {
    name: `list ${IMAGES.toLocaleString('en')} images, at the API`,
    rounds: 25,
    quickRounds: 6,
    run: async (contestant) => {
      const { took, value } = await timed(() => contestant.request('/images/json'));
      if ((value.json() as unknown[]).length < IMAGES) throw new Error('images are missing');
      return took;
    },
  };
}

function archiveOfMany(count: number): Buffer {
  const layers = [{ files: [{ name: 'file', content: 'x' }], compression: 'none' as const }];
  const images = Array.from({ length: count }, (_, index) =>
    buildImage({ layers, config: { Labels: { number: String(index) } } }),
  );
  const manifest = images.map(({ config }, index) => ({
    Config: `${config.digest.slice(7)}.json`,
    RepoTags: [`many/image-${index}:v1`],
    Layers: ['layer.tar'],
  }));
  const entries: TarEntry[] = images.map(({ config }) => ({
    name: `${config.digest.slice(7)}.json`,
    content: config.bytes,
  }));
  const layer = images[0]?.layers[0]?.bytes ?? Buffer.alloc(0);
  return writeTar([
    { name: 'layer.tar', content: layer },
    ...entries,
    { name: 'manifest.json', content: JSON.stringify(manifest) },
  ]);
}
