import type { Chapter } from '../chapter.ts';

const READY = (name: string, text: string): string =>
  `for i in $(seq 400); do docker logs ${name} 2>&1 | grep -q "${text}" && break; sleep 0.05; done`;

export const ATTACH: Chapter = {
  name: 'attach',
  checks: {
    'attach shows what comes from now on and ends with its status': [
      "docker run -d -i --name session busybox sh -c 'echo before; read x; echo after $x; exit 6' > /dev/null; " +
        READY('session', 'before') +
        '; echo typed | docker attach session',
      'docker logs session',
      'docker start session > /dev/null; (sleep 1; docker kill session > /dev/null) & docker attach --no-stdin session; wait',
    ],
    'attach where it cannot be': [
      'docker attach nobody',
      'docker create --name idle busybox cat > /dev/null; docker attach idle',
      'docker attach session',
      'docker run -d --name frozen busybox sleep 1000 > /dev/null; docker pause frozen > /dev/null; docker attach frozen',
      'docker unpause frozen; docker rm -f frozen',
      'docker attach',
      'docker run -d -it --name needs busybox sh > /dev/null; echo x | docker attach needs; docker rm -f needs',
    ],
    'signals are passed on': [
      'docker run --name proxied --init busybox sh -c \'trap "echo caught; exit 3" TERM; echo ready; while :; do sleep 0.05; done\' > out & pid=$!; for i in $(seq 400); do grep -q ready out && break; sleep 0.05; done; kill -TERM $pid; wait $pid; echo status $?; cat out',
    ],
    'several may look at once': [
      `docker run -d -i --name shared busybox sh -c 'read x; echo got $x' > /dev/null; (docker attach --no-stdin shared > one) & (docker attach --no-stdin shared > two) & sleep 1; echo hello | docker attach shared; wait; cat one two`,
    ],
  },
};
