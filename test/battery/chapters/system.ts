import type { Chapter } from '../chapter.ts';

/** version, info, system df. */
export const SYSTEM: Chapter = {
  name: 'system',
  before: [
    'docker run -d --name runs -v data:/data busybox sleep 1000',
    'docker run --name ended busybox sh -c "head -c 100000 /dev/zero > /file"',
    'docker create --name waits busybox true',
  ],
  checks: {
    version: [
      "docker version --format '{{.Client.Version}}'",
      "docker version --format '{{.Server.Os}}/{{.Server.Arch}} {{.Server.Experimental}}'",
      "docker version --format '{{.Server.Platform.Name}}'",
      "docker version --format '{{range .Server.Components}}{{.Name}} {{end}}'",
      "docker version --format '{{.Server.APIVersion}} {{.Server.MinAPIVersion}}'",
      "docker version --format '{{.Server.KernelVersion}}' | diff - /proc/sys/kernel/osrelease && echo same",
      "docker version --format '{{.Nonsense}}'",
      'docker version | grep -c Version',
    ],
    info: [
      "docker info --format '{{.Containers}} {{.ContainersRunning}} {{.ContainersPaused}} {{.ContainersStopped}} {{.Images}}'",
      "docker info --format '{{.Driver}} {{.LoggingDriver}} {{.CgroupDriver}} {{.CgroupVersion}} {{.DefaultRuntime}}'",
      "docker info --format '{{.OSType}} {{.Architecture}} {{.NCPU}} {{.IndexServerAddress}}'",
      "docker info --format '{{.MemoryLimit}} {{.SwapLimit}} {{.CPUShares}} {{.CPUSet}} {{.PidsLimit}} {{.OomKillDisable}} {{.IPv4Forwarding}}'",
      "docker info --format '{{json .Plugins.Volume}} {{json .Plugins.Network}}'",
      "docker info --format '{{json .Plugins.Log}}'",
      "docker info --format '{{json .SecurityOptions}}'",
      "docker info --format '{{.Swarm.LocalNodeState}} {{.ExperimentalBuild}} {{.LiveRestoreEnabled}} {{.Debug}}'",
      "docker info --format '{{json .RegistryConfig.InsecureRegistryCIDRs}} {{json .RegistryConfig.Mirrors}}'",
      "docker info --format '{{range $name, $it := .Runtimes}}{{$name}} {{end}}'",
      "docker info --format '{{.Name}}' | diff - /proc/sys/kernel/hostname && echo same",
      "docker info --format '{{json .Warnings}}'",
      "docker info --format '{{.Nonsense}}'",
    ],
    df: [
      'docker system df',
      "docker system df --format '{{.Type}} {{.TotalCount}} {{.Active}}'",
      "docker system df --format '{{.Type}} {{.Size}}' | grep -v Images",
      "docker system df -v | grep -E '^(Images|Containers|Local|Build|REPOSITORY|CONTAINER|VOLUME|CACHE)'",
      "docker system df -v --format '{{range .Containers}}{{.Names}} {{.LocalVolumes}} {{.State}};{{end}}' | tr ';' '\\n' | sort",
      "docker system df -v --format '{{range .Images}}{{.Repository}} {{.Containers}} {{.SharedSize}}{{end}}'",
    ],
    'what an engine without a swarm says': [
      'docker node ls',
      'docker service ls',
      'docker secret ls',
      'docker stack ls',
      'docker swarm leave',
      'docker plugin ls',
    ],
    checkpoints: ['docker checkpoint ls runs', 'docker checkpoint create runs c1'],
    'without a daemon': [
      'DOCKER_HOST=unix:///no/such/socket docker ps',
      'DOCKER_API_VERSION=1.99 docker ps',
      'DOCKER_API_VERSION=1.12 docker ps',
      'DOCKER_API_VERSION=1.30 docker ps -q | wc -l',
      'DOCKER_API_VERSION=1.41 docker ps -q | wc -l',
    ],
  },
};
