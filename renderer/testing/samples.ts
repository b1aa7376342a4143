/** Lists to draw: the shop of the sketches, and as many rows as asked for. */
import type { ImageSummary, WatchedContainer } from '../../electron/ipc/contract.ts';
import { aContainer, anImage, hex } from './containers.ts';

const HOUR_MS = 3_600_000;
const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS).toISOString();
const port = (PublicPort: number, PrivatePort = PublicPort) => [
  { IP: '0.0.0.0', PrivatePort, PublicPort, Type: 'tcp' as const },
  { IP: '::', PrivatePort, PublicPort, Type: 'tcp' as const },
];
const project = (name: string) => ({ 'com.docker.compose.project': name });
const idOf = (tag: string) => `sha256:${hex(tag)}`;

function make(name: string, image: string, rest: Partial<WatchedContainer> = {}) {
  return aContainer({
    name,
    Image: image,
    ImageID: idOf(image),
    StartedAt: ago(3),
    ...rest,
  });
}

export function sampleContainers(): WatchedContainer[] {
  const shop = { Labels: project('storefront') };
  const watch = { Labels: project('monitoring') };
  return [
    make('web', 'nginx:1.29', { ...shop, Ports: port(8080, 80), Health: 'healthy' }),
    make('api', 'storefront-api:dev', { ...shop, Ports: port(3000) }),
    make('worker', 'storefront-api:dev', { ...shop, Health: 'unhealthy', RestartCount: 3 }),
    make('db', 'postgres:17', { ...shop, Ports: port(5432), StartedAt: ago(80) }),
    make('cache', 'redis:8-alpine', { ...shop, Ports: port(6379), StartedAt: ago(0.01) }),
    make('prometheus', 'prom/prometheus:v3.7', { ...watch, Ports: port(9090) }),
    make('grafana', 'grafana/grafana:12.3', {
      ...watch,
      Ports: [...port(3001, 3000), ...port(9443, 443)],
      State: 'paused',
    }),
    make('crawler', 'python:3.14-slim', { State: 'exited', ExitCode: 137, FinishedAt: ago(26) }),
    make('registry', 'registry:3', { Ports: port(5000), StartedAt: ago(500) }),
  ];
}

export function sampleImages(): ImageSummary[] {
  const image = (tag: string, Size: number, days: number) =>
    anImage({
      Id: idOf(tag),
      RepoTags: [tag],
      Size: Size * 1_000_000,
      Created: Math.floor(Date.now() / 1000) - days * 86_400,
    });
  return [
    image('postgres:17', 438, 12),
    image('storefront-api:dev', 280, 0.1),
    image('prom/prometheus:v3.7', 311, 21),
    image('grafana/grafana:12.3', 702, 21),
    image('nginx:1.29', 192, 35),
    image('redis:8-alpine', 61, 35),
    image('registry:3', 57, 61),
    image('python:3.14-slim', 124, 62),
    image('node:24-bookworm-slim', 238, 64),
    image('ghcr.io/immich-app/immich-machine-learning:v2.3.1-openvino', 2_840, 9),
    image('alpine:3.22', 8.3, 130),
    anImage({ Id: idOf('none'), RepoTags: [], Size: 280_000_000, Created: 1_790_000_000 }),
  ];
}

export function manyContainers(count: number): WatchedContainer[] {
  return Array.from({ length: count }, (_, at) =>
    make(`service-${at}`, `app-${at % 40}:1.${at % 9}`, {
      ...(at % 3 === 0 ? { Labels: project(`project-${at % 20}`) } : {}),
      ...(at % 4 === 0 ? { State: 'exited', ExitCode: at % 3, FinishedAt: ago(at / 10) } : {}),
      Ports: at % 2 === 0 ? port(10_000 + at) : [],
      StartedAt: ago(at / 7),
    }),
  );
}

export function manyImages(count: number): ImageSummary[] {
  return Array.from({ length: count }, (_, at) =>
    anImage({
      RepoTags: [`registry.example.com/team-${at % 30}/service-${at}:1.${at % 20}`],
      Size: ((at * 7919) % 900) * 1_000_000,
      Created: Math.floor(Date.now() / 1000) - at * 3_600,
    }),
  );
}
