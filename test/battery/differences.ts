/** Why commands differ from Debian's dockerd. What they answer is in `recordings/`. */

export const CLASSES = {
  'later Docker': {
    title: 'As later Docker does it',
    meaning: 'Debian’s dockerd is 20.10. Gantry follows Docker 28, whose API it speaks.',
  },
  'on purpose': {
    title: 'On purpose',
    meaning: 'Gantry does better, or has another runtime, storage or firewall underneath.',
  },
  machine: {
    title: 'Because of the machine the recordings were made on',
    meaning: 'What dockerd could not do there, or what its registry or log settings brought.',
  },
  missing: {
    title: 'Still missing in Gantry',
    meaning: 'To be mended.',
  },
} as const;

export type DifferenceClass = keyof typeof CLASSES;

export interface Difference {
  readonly class: DifferenceClass;
  readonly why: string;
  /** By chapter, the commands to which this is the reason. */
  readonly where: Readonly<Record<string, readonly string[]>>;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    class: 'later Docker',
    why: 'Errors begin with a small letter, as they do since Docker 23.',
    where: {
      run: ['docker run --rm --entrypoint "" tool', 'docker run --rm --ipc nonsense busybox true'],
      options: [
        'docker create --cpus 1000 busybox',
        'docker create --cpus -1 busybox',
        'docker create --stop-signal NONSENSE busybox',
      ],
      'create and start': [
        'docker create --name empty --entrypoint "" hollow',
        'docker create --name empty hollow',
      ],
      ps: [
        'docker ps --filter status=nonsense',
        'docker ps --filter nonsense=1',
        'docker ps --filter is-task=nonsense',
      ],
      exec: ['docker exec idle true'],
      life: [
        'docker kill hup',
        'docker kill nobody',
        'docker kill victim nobody',
        'docker pause frozen',
        'docker wait soon victim nobody unborn > out 2> err & sleep 1; docker kill victim > /dev/null; wait; cat out; cat err >&2',
      ],
      'stats, top and port': ['docker top idle'],
      removal: [
        'docker container prune -f --filter nonsense=1',
        'docker volume prune -f --filter nonsense=1',
        'docker image prune -f --filter nonsense=1',
        'docker system prune -f --filter nonsense=1',
      ],
      images: ['docker images --filter nonsense=1', 'docker images --filter dangling=nonsense'],
      registry: [
        'docker search --limit 1000 127.0.0.1:5000/tool',
        'docker search --filter nonsense=1 127.0.0.1:5000/tool',
        'docker search --filter stars=x 127.0.0.1:5000/tool',
      ],
      volumes: ['docker volume ls --filter nonsense=1'],
      networks: ['docker network ls --filter nonsense=1'],
    },
  },
  {
    class: 'later Docker',
    why: 'An error of the runtime is introduced as Docker 28 does it, and names crun.',
    where: {
      run: [
        'docker run --rm busybox no-such-program',
        'docker run --rm busybox /no/such/path',
        'docker run --rm busybox /etc',
        'docker run --rm busybox /etc/passwd',
        'docker run --rm --name gone busybox no-such-program; docker ps -aq',
        'docker run --rm --entrypoint nothing busybox a',
      ],
      'create and start': [
        'docker create --name broken busybox no-such-program > /dev/null; docker start broken',
        "docker inspect -f '{{.State.Error}}' broken",
        'docker start -a broken',
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'Docker 28 writes resolv.conf with the servers first, and the addresses in hosts in their short form.',
    where: {
      run: [
        'docker run --rm --dns 9.9.9.9 --dns-search example.org --dns-option ndots:3 busybox grep -v "^#" /etc/resolv.conf',
        'docker run --rm --network none busybox cat /etc/hosts',
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'A restart policy that is none is refused in these words.',
    where: {
      options: [
        'docker create --restart nonsense busybox',
        'docker create --restart always:3 busybox',
      ],
      life: ['docker update --restart nonsense moved'],
    },
  },
  {
    class: 'later Docker',
    why: 'The CLI does not ask dockerd 20.10 for what its API does not know.',
    where: {
      options: [
        'docker rm -f probe > /dev/null 2>&1; docker create --name probe --mac-address 02:42:0a:00:00:09 --link-local-ip 169.254.1.1 busybox sleep 100 > /dev/null',
        'docker rm -f probe > /dev/null 2>&1; docker create --name probe --annotation a=b busybox sleep 100 > /dev/null',
      ],
      removal: ['docker volume prune -f -a | sort'],
      volumes: ['docker volume update nobody'],
    },
  },
  {
    class: 'later Docker',
    why: 'An unknown runtime is named in these words.',
    where: {
      options: ['docker create --runtime nonsense busybox'],
    },
  },
  {
    class: 'later Docker',
    why: 'Error texts of filters and lookups are those of Docker 28.',
    where: {
      ps: [
        'docker ps --filter health=nonsense',
        'docker ps --filter before=nobody',
        'docker ps --filter since=nobody',
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'An image that is not there is named once.',
    where: {
      inspect: ['docker inspect --type image full'],
      images: [
        'docker image inspect nothing',
        'docker image inspect tool:absent',
        'docker image inspect sha256:0000',
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'The network mode of a container that chose none is named bridge.',
    where: {
      inspect: [
        "docker inspect -f '{{json .HostConfig.RestartPolicy}} {{.HostConfig.NetworkMode}} {{.HostConfig.AutoRemove}}' full",
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'Docker 28 masks more paths.',
    where: {
      inspect: ["docker inspect -f '{{json .HostConfig.MaskedPaths}}' plain"],
    },
  },
  {
    class: 'later Docker',
    why: 'A program that is not there ends an exec with 127.',
    where: {
      exec: ['docker exec host no-such-program', 'docker exec -w /not/there host pwd'],
    },
  },
  {
    class: 'later Docker',
    why: 'A stop can name the signal, since API 1.42.',
    where: {
      life: [
        "docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.Running}}' usr",
        'docker start usr > /dev/null; docker stop -t 0 -s NONSENSE usr',
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'A signal that is none is refused in these words.',
    where: {
      life: [
        'docker start victim > /dev/null; docker kill -s NONSENSE victim',
        'docker kill -s 99 victim',
        'docker kill -s 0 victim',
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'Docker 28 names the repository that is none.',
    where: {
      images: ["docker image inspect 'BAD NAME'", 'docker rmi "BAD NAME"'],
      'save and load': ['docker save "BAD NAME"'],
    },
  },
  {
    class: 'later Docker',
    why: 'Images have a descriptor, and no longer what the old builder left.',
    where: {
      images: [
        "docker image inspect tool | grep -E '^        \"' | cut -d'\"' -f2 | sort | tr '\\n' ' '",
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'The error names the image with its tag.',
    where: {
      'save and load': ['docker save nothing'],
    },
  },
  {
    class: 'later Docker',
    why: 'Only a part of a volume can be mounted since API 1.45; it has to be there.',
    where: {
      volumes: [
        'docker run --rm --mount type=volume,src=one,dst=/y,volume-subpath=sub busybox true',
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'The API versions are those of Gantry: 1.22 to 1.50.',
    where: {
      system: ['DOCKER_API_VERSION=1.99 docker ps', 'DOCKER_API_VERSION=1.12 docker ps'],
    },
  },
  {
    class: 'later Docker',
    why: 'The create event of a volume comes once.',
    where: {
      events: [
        "docker events --since $(cat start) --until $(cat end) --filter type=volume --format '{{.Action}} {{.Actor.ID}} {{.Actor.Attributes.driver}}'",
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'The end of a container says how long it ran.',
    where: {
      events: [
        'docker events --since $(cat start) --until $(cat end) --filter container=first --filter event=die',
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'The refusal to remove what runs is worded as in Docker 28.',
    where: {
      removal: [
        'docker run -d --name runs busybox sleep 1000 > /dev/null; docker rm runs',
        'docker run -d --name frozen busybox sleep 1000 > /dev/null; docker pause frozen > /dev/null; docker rm frozen',
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'A prune of volumes leaves those with a name, and dockerd still had some of earlier chapters.',
    where: {
      removal: [
        'docker run --name v1 -v /anonymous -v named:/n busybox true; docker volume ls -q | wc -l',
        'docker rm v1; docker volume ls -q | wc -l',
        'docker run --name v2 -v /anonymous busybox true; docker rm -v v2; docker volume ls -q | wc -l',
        'docker run --rm -v /anonymous -v named:/n busybox true; docker volume ls -q | wc -l',
        'docker volume prune -f | grep -v -E "^[0-9a-f]{64}"',
        'docker volume ls -q',
        'docker volume create -q keep 2> /dev/null || docker volume create keep; docker volume prune -f; docker volume ls -q | sort',
      ],
    },
  },
  {
    class: 'on purpose',
    why: 'The error says who has the port.',
    where: {
      run: ['docker run --rm -p 18080:80 busybox true 2>&1 | sed "s/endpoint [^ ]*/endpoint X/"'],
    },
  },
  {
    class: 'on purpose',
    why: 'The files of a container’s network lie in memory, with the rest of its run state.',
    where: {
      options: [
        "docker run --rm busybox sh -c \"cut -d' ' -f2,3 /proc/mounts | grep -v -E 'cgroup|/proc/|/sys/f|^/sys/dev|/dev/console' | sort\"",
      ],
    },
  },
  {
    class: 'on purpose',
    why: 'Options of a log driver are checked at creation, not at the start.',
    where: {
      options: ['docker create --log-opt max-size=nonsense busybox'],
    },
  },
  {
    class: 'on purpose',
    why: 'Graphics cards are refused at creation, not at the start.',
    where: {
      options: ['docker create --gpus all busybox'],
    },
  },
  {
    class: 'on purpose',
    why: 'The default runtime is crun.',
    where: {
      inspect: [
        "docker inspect -f '{{.HostConfig.Runtime}} {{.HostConfig.NetworkMode}} {{json .HostConfig.PortBindings}} {{json .HostConfig.ConsoleSize}}' plain",
      ],
      system: [
        "docker version --format '{{range .Server.Components}}{{.Name}} {{end}}'",
        "docker info --format '{{.Driver}} {{.LoggingDriver}} {{.CgroupDriver}} {{.CgroupVersion}} {{.DefaultRuntime}}'",
        "docker info --format '{{range $name, $it := .Runtimes}}{{$name}} {{end}}'",
      ],
    },
  },
  {
    class: 'on purpose',
    why: 'A long line is one line to --tail; dockerd counts the pieces it stored.',
    where: {
      logs: ['docker logs --tail 2 wide | wc -c'],
    },
  },
  {
    class: 'on purpose',
    why: 'Logs keep every byte; dockerd stores text.',
    where: {
      logs: ['docker logs binary | od -An -tx1'],
    },
  },
  {
    class: 'on purpose',
    why: 'Whoever ends the input of a container that stays open still sees its output; dockerd closes the connection.',
    where: {
      attach: [
        'docker run -d -i --name session busybox sh -c \'echo before; read x; echo after $x; exit 6\' > /dev/null; for i in $(seq 400); do docker logs session 2>&1 | grep -q "before" && break; sleep 0.05; done; echo typed | docker attach session',
        "docker run -d -i --name shared busybox sh -c 'read x; echo got $x' > /dev/null; (docker attach --no-stdin shared > one) & (docker attach --no-stdin shared > two) & sleep 1; echo hello | docker attach shared; wait; cat one two",
      ],
    },
  },
  {
    class: 'on purpose',
    why: 'The error says what is wrong with the archive.',
    where: {
      'save and load': [
        'echo nonsense | docker load',
        'tar -cf empty.tar -T /dev/null; docker load -i empty.tar',
        'echo x > x; tar -cf other.tar x; docker load -i other.tar',
        'head -c 20000 one.tar | docker load',
      ],
    },
  },
  {
    class: 'on purpose',
    why: 'A layer that another repository of the registry has is mounted, not sent.',
    where: {
      registry: [
        'docker pull -q tool; docker tag tool 127.0.0.1:5000/mine/tool:1; docker push 127.0.0.1:5000/mine/tool:1 | grep -v -E "Waiting|Preparing" | sort | sed "s/size: .*/size: N/"',
      ],
    },
  },
  {
    class: 'on purpose',
    why: 'A registry that does not answer is noticed by the request that matters, or later in the progress.',
    where: {
      registry: [
        'docker pull 127.0.0.1:1/nobody/listens 2>&1 | sed "s/dial tcp.*/dial tcp …/"',
        'docker tag tool 127.0.0.1:1/x; docker push 127.0.0.1:1/x 2>&1 | sed "s/dial tcp.*/dial tcp …/"',
      ],
    },
  },
  {
    class: 'on purpose',
    why: 'Gantry names itself, its API, its plugins, its own seccomp profile, and that containers outlive it.',
    where: {
      system: [
        "docker version --format '{{.Server.Platform.Name}}'",
        "docker version --format '{{.Server.APIVersion}} {{.Server.MinAPIVersion}}'",
        "docker info --format '{{json .Plugins.Volume}} {{json .Plugins.Network}}'",
        "docker info --format '{{json .Plugins.Log}}'",
        "docker info --format '{{json .SecurityOptions}}'",
        "docker info --format '{{.Swarm.LocalNodeState}} {{.ExperimentalBuild}} {{.LiveRestoreEnabled}} {{.Debug}}'",
        "docker info --format '{{json .RegistryConfig.InsecureRegistryCIDRs}} {{json .RegistryConfig.Mirrors}}'",
      ],
    },
  },
  {
    class: 'on purpose',
    why: 'The error says what is wrong with the archive.',
    where: {
      cp: ['echo nonsense | docker cp - box:/tmp'],
      archive: ['echo nonsense | docker import - x'],
    },
  },
  {
    class: 'on purpose',
    why: 'Errors do not show where the engine keeps its files, and are spelled right.',
    where: {
      cp: ['docker cp box:/dir/one/ out3', 'docker cp box: .'],
    },
  },
  {
    class: 'on purpose',
    why: 'An export holds what is in the container, not what the engine puts there to mount on.',
    where: {
      archive: [
        'docker export changed | tar -tf - | grep -E "^(dev|proc|sys|\\.dockerenv)" | sort',
      ],
    },
  },
  {
    class: 'machine',
    why: 'dockerd goes on to Docker Hub when its mirror has no such image, and there was no way to it.',
    where: {
      run: ['docker run --rm no-such-image true'],
      registry: [
        'docker pull tool:absent',
        'docker pull nothing',
        'docker pull tool@sha256:0000000000000000000000000000000000000000000000000000000000000000',
      ],
    },
  },
  {
    class: 'machine',
    why: 'runc of Debian cannot give the recording machine’s containers all rights.',
    where: {
      options: [
        'docker run --rm --privileged busybox sh -c "ls /dev | grep -c ^tty"',
        'docker run --rm --privileged busybox sh -c "mount -t tmpfs tmpfs /mnt 2> /dev/null || mkdir -p /mnt && mount -t tmpfs tmpfs /mnt && echo mounted"',
        'docker run --rm --privileged busybox grep -E "^Seccomp:" /proc/self/status',
      ],
      exec: ['docker exec --privileged host grep -E "CapEff|Seccomp:" /proc/self/status'],
    },
  },
  {
    class: 'machine',
    why: 'Volumes of earlier chapters were still there.',
    where: {
      system: [
        'docker system df',
        "docker system df --format '{{.Type}} {{.TotalCount}} {{.Active}}'",
      ],
    },
  },
  {
    class: 'later Docker',
    why: 'The refusal to join an IPC namespace that is not shared is worded as in Docker 28.',
    where: {
      run: [
        'docker run -d --name private --ipc private busybox sleep 100 > /dev/null; docker run --rm --ipc container:private busybox true',
      ],
    },
  },
  {
    class: 'missing',
    why: 'Ports are published on IPv4 alone.',
    where: {
      run: [
        'docker port web',
        'docker port web 80',
        'docker port web 80/tcp',
        'docker run -d --name web -p 127.0.0.1:18081:80/udp -p 18082-18083:82-83 busybox sleep 100 > /dev/null; docker port web | sort',
        'docker run -d --name web --expose 99 -P busybox sleep 100 > /dev/null; docker port web | sed "s/:[0-9]*$/:N/"',
      ],
      ps: [
        'docker ps',
        'docker ps -a',
        "docker ps --format '{{.Ports}}|{{.State}}|{{.Names}}' --filter name=runner",
      ],
      'stats, top and port': [
        'docker port worker | sort',
        'docker port worker 80',
        'docker port worker 81/udp',
      ],
    },
  },
  {
    class: 'missing',
    why: 'User-defined networks are not there yet.',
    where: {
      removal: [
        'docker network create --subnet 10.80.1.0/24 unused > /dev/null; docker network create --subnet 10.80.2.0/24 used > /dev/null; docker create --name member --network used busybox true > /dev/null; docker network prune -f',
      ],
      networks: [
        "docker network inspect bridge | grep -E '^        \"' | cut -d'\"' -f2 | sort | tr '\\n' ' '",
        "docker network create lan | tr -d '\\n' | wc -c",
        'docker network create lan',
        'docker network create --subnet 10.81.0.0/24 overlap',
        'docker network create --subnet nonsense bad',
        'docker network create "bad name"',
        'docker network create --attachable -o com.docker.network.bridge.name=gbr0 -o com.docker.network.driver.mtu=1400 --subnet 10.83.0.0/24 opted > /dev/null; docker network inspect -f "{{json .Options}} {{.Attachable}}" opted',
        'docker network connect lan member',
        "docker inspect -f '{{range $name, $it := .NetworkSettings.Networks}}{{$name}} {{end}}' member",
        'docker exec member ls /sys/class/net',
        'docker network disconnect lan member; docker exec member ls /sys/class/net',
        'docker network disconnect lan member',
        'docker network disconnect lan nobody',
        'docker network connect lan nobody',
        'docker network connect host member',
        'docker network prune -f; docker system prune -f --filter label=none; docker network ls --filter type=custom -q | wc -l',
      ],
    },
  },
  {
    class: 'on purpose',
    why: 'A mount of a volume that fails is told in the words of mount(8), which makes it.',
    where: {
      volumes: [
        'docker volume create --opt type=none --opt o=bind --opt device=/no/such lost > /dev/null; docker run --rm -v lost:/b busybox true 2>&1 | sed "s#/[^ ]*/volumes#VOLUMES#"',
      ],
    },
  },
];
