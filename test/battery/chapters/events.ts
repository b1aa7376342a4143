import type { Chapter } from '../chapter.ts';

const FORMAT = '--format \'{{.Type}} {{.Action}} {{index .Actor.Attributes "name"}}\'';
const WINDOW = '--since $(cat start) --until $(cat end)';
const CONTAINERS = `docker events ${WINDOW} --filter type=container ${FORMAT}`;

export const EVENTS: Chapter = {
  name: 'events',
  before: [
    "sleep 1.1; date +%s > start; docker run --rm --name first -l k=v busybox sh -c 'exit 3'; docker create --name second busybox sleep 1000; docker start second; docker exec second true; docker pause second; docker unpause second; docker rename second third; docker kill -s CONT third; docker stop -t 0 third; docker rm third; docker volume create v1; docker run --rm --name user -v v1:/v busybox true; docker tag busybox copy; docker rmi copy; docker volume rm v1; sleep 1.1; date +%s > end",
  ],
  checks: {
    'the life of a container that removes itself': [
      `${CONTAINERS} --filter container=first`,
      `docker events ${WINDOW} --filter event=die --format '{{.Action}} {{.Actor.Attributes.exitCode}} {{.Actor.Attributes.name}}'`,
      `docker events ${WINDOW} --filter label=k=v --filter event=start --format '{{.Actor.Attributes.k}} {{.Actor.Attributes.image}}'`,
    ],
    'the life of a container that is handled': [
      `${CONTAINERS} --filter container=third | sed 's/exec_\\([a-z]*\\): .*true/exec_\\1 true/'`,
      `docker events ${WINDOW} --filter event=rename --format '{{.Actor.Attributes.oldName}} {{.Actor.Attributes.name}}'`,
      `docker events ${WINDOW} --filter event=kill --format '{{.Actor.Attributes.signal}}'`,
      `docker events ${WINDOW} --filter event=exec_die --format '{{.Actor.Attributes.exitCode}} {{len .Actor.Attributes.execID}}'`,
    ],
    'networks, volumes and images': [
      `docker events ${WINDOW} --filter type=network ${FORMAT}`,
      `docker events ${WINDOW} --filter network=bridge --format '{{.Action}} {{.Actor.Attributes.type}}'`,
      `docker events ${WINDOW} --filter type=volume --format '{{.Action}} {{.Actor.ID}} {{.Actor.Attributes.driver}}'`,
      `docker events ${WINDOW} --filter event=mount --format '{{.Actor.ID}} {{.Actor.Attributes.destination}} {{index .Actor.Attributes "read/write"}} {{.Actor.Attributes.propagation}}'`,
      `docker events ${WINDOW} --filter type=image ${FORMAT}`,
      `docker events ${WINDOW} --filter image=busybox --filter event=create ${FORMAT}`,
    ],
    'the order over all of them': [
      `docker events ${WINDOW} --filter container=user --filter type=container --filter type=network ${FORMAT}`,
    ],
    'windows and filters': [
      `docker events ${WINDOW} --filter event=create --filter event=destroy --filter type=container ${FORMAT}`,
      `docker events ${WINDOW} --filter type=nonsense`,
      `docker events ${WINDOW} --filter nonsense=1 --filter event=rename`,
      `docker events --since $(cat end) --until $(cat start)`,
      'docker events --since nonsense --until 1',
      'docker events --since 2020-01-01T00:00:00Z --until 2020-01-02T00:00:00Z',
      `docker events ${WINDOW} --filter scope=local --filter event=destroy ${FORMAT} | sort | uniq -c | tr -s ' '`,
      `docker events ${WINDOW} --filter daemon=nobody`,
    ],
    formats: [
      `docker events ${WINDOW} --filter container=first --filter event=die`,
      `docker events ${WINDOW} --filter container=first --filter event=start --format json | tr ',{' '\\n\\n' | grep -o -E '^"[a-zA-Z]+":' | sort | tr -d '\\n'`,
      `docker events ${WINDOW} --filter container=first --filter event=start --format '{{.ID}} {{.From}} {{.Status}} {{.Scope}}'`,
      `docker events ${WINDOW} --format '{{.Nonsense}}'`,
    ],
    'events arrive as they happen': [
      `docker events --filter container=live --filter event=create --filter event=start --filter event=die ${FORMAT} > seen & pid=$!; sleep 1; docker run --name live busybox true; for i in $(seq 200); do grep -q die seen && break; sleep 0.05; done; kill $pid; wait; cat seen`,
    ],
  },
};
