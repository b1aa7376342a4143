import type { Chapter } from '../chapter.ts';

/** rm and prune. */
export const REMOVAL: Chapter = {
  name: 'removal',
  checks: {
    'rm of what does not run': [
      'docker create --name a1 busybox true > /dev/null; docker rm a1',
      'docker rm a1',
      'docker create --name a1 busybox true > /dev/null; docker rm a1 nobody',
      'docker rm',
    ],
    'rm of what runs': [
      'docker run -d --name runs busybox sleep 1000 > /dev/null; docker rm runs',
      'docker rm -f runs',
      'docker rm -f nobody',
      'docker run -d --name frozen busybox sleep 1000 > /dev/null; docker pause frozen > /dev/null; docker rm frozen',
      'docker rm -f frozen',
    ],
    'rm with volumes': [
      'docker run --name v1 -v /anonymous -v named:/n busybox true; docker volume ls -q | wc -l',
      'docker rm v1; docker volume ls -q | wc -l',
      'docker run --name v2 -v /anonymous busybox true; docker rm -v v2; docker volume ls -q | wc -l',
      'docker run --rm -v /anonymous -v named:/n busybox true; docker volume ls -q | wc -l',
    ],
    'rm of links': ['docker rm -l nobody', 'docker rm --link nobody/alias'],
    'container prune': [
      'docker create --name p1 -l keep busybox true > /dev/null; docker create --name p2 busybox true > /dev/null; docker run -d --name p3 busybox sleep 1000 > /dev/null; docker container prune -f --filter label!=keep | grep -v -E "^<id|^[0-9a-f]{64}"',
      'docker ps -a --format "{{.Names}}" | sort',
      'docker container prune -f --filter until=24h',
      'docker container prune -f --filter label=keep | tail -1',
      'docker container prune -f',
      'docker container prune -f --filter nonsense=1',
      'docker container prune -f --filter until=nonsense',
      'docker rm -f p3',
      'echo n | docker container prune',
    ],
    'volume prune': [
      'docker volume prune -f | grep -v -E "^[0-9a-f]{64}"',
      'docker volume ls -q',
      'docker volume create -q keep 2> /dev/null || docker volume create keep; docker volume prune -f; docker volume ls -q | sort',
      'docker volume prune -f -a | sort',
      'docker volume prune -f --filter nonsense=1',
    ],
    'network prune': [
      'docker network create --subnet 10.80.1.0/24 unused > /dev/null; docker network create --subnet 10.80.2.0/24 used > /dev/null; docker create --name member --network used busybox true > /dev/null; docker network prune -f',
      'docker run -d --name active --network used busybox sleep 100 > /dev/null 2>&1; docker network ls --format "{{.Name}}" | sort',
      'docker rm -f member active 2> /dev/null | sort; docker network prune -f',
    ],
    'image prune': [
      'docker tag busybox other; docker image prune -f',
      'docker image prune -f --filter dangling=true',
      'docker image prune -f --filter nonsense=1',
      'docker image prune -f -a --filter label=none',
      'docker images --format "{{.Repository}}" | sort',
      'docker rmi other',
    ],
    'system prune': [
      'docker create --name s1 busybox true > /dev/null; docker system prune -f | grep -v -E "^[0-9a-f]{64}"',
      'docker ps -aq | wc -l; docker network ls -q | wc -l',
      'docker system prune -f --filter nonsense=1',
      'echo n | docker system prune | tail -2',
    ],
  },
};
