import type { Chapter } from '../chapter.ts';

export const CREATE_START: Chapter = {
  name: 'create and start',
  checks: {
    'a created container waits': [
      "docker create --name first busybox echo hello | tr -d '\\n' | wc -c",
      "docker inspect -f '{{.State.Status}} {{.State.Running}} {{.State.Pid}} {{.State.ExitCode}}' first",
      "docker inspect -f '{{.State.StartedAt}} {{.State.FinishedAt}}' first",
      'docker logs first',
    ],
    'start prints the name, or what the container says': [
      'docker start first',
      'docker wait first',
      'docker start -a first',
      'docker logs first',
      "docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' first",
    ],
    'start passes the exit status on': [
      "docker create --name failing busybox sh -c 'echo err >&2; exit 7' > /dev/null; docker start -a failing",
      'docker start failing; docker wait failing',
    ],
    'start passes stdin on with -i': [
      'docker create -i --name reader busybox cat > /dev/null; echo typed | docker start -a -i reader',
      'echo again | docker start -i reader',
      'docker logs reader',
    ],
    'start on a terminal': [
      "docker create -it --name terminal busybox sh -c 'read x; echo got $x' > /dev/null; (sleep 0.5; echo typed; sleep 1) | script -qec 'docker start -ai terminal' /dev/null | tr -d '\\r'",
    ],
    'start of several, some unknown': [
      'docker start first nobody failing',
      'docker start -a first failing',
      'docker start',
    ],
    'start of a running one does nothing': [
      'docker run -d --name runs busybox sleep 100 > /dev/null; docker start runs',
      "docker inspect -f '{{.State.Status}}' runs",
    ],
    'start of what cannot start': [
      'docker create --name broken busybox no-such-program > /dev/null; docker start broken',
      "docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' broken",
      "docker inspect -f '{{.State.Error}}' broken",
      'docker start -a broken',
      'docker create --name unmounted --mount type=bind,src=/no/such,dst=/x busybox true',
    ],
    'a container can be found by a part of its id': [
      'id=$(docker inspect -f "{{.Id}}" first); docker start $(echo $id | cut -c1-12) | wc -c',
      'id=$(docker inspect -f "{{.Id}}" first); docker wait $id; docker inspect -f "{{.Name}}" $(echo $id | cut -c1-20)',
      'docker inspect -f "{{.Name}}" /first',
      'docker start ""',
      'docker start "a b"',
    ],
    'the command of the image is used when none is given': [
      'docker create --name bare busybox > /dev/null; docker inspect -f "{{.Path}} {{.Args}} {{json .Config.Cmd}}" bare',
      'docker create --name words busybox echo "two words" > /dev/null; docker inspect -f "{{.Path}} {{json .Args}}" words',
      'docker create --name tooled tool x > /dev/null; docker inspect -f "{{.Path}} {{json .Args}} {{json .Config.Entrypoint}} {{json .Config.Cmd}}" tooled',
      'docker create --name empty --entrypoint "" hollow',
      'docker create --name empty hollow',
    ],
    'creating pulls what is missing': [
      'docker create --name pulled fetched true > /dev/null 2>&1; docker inspect -f "{{.Config.Image}}" pulled',
      'docker create --pull never elsewhere true',
      'docker create --name bad ":tag" true',
      'docker create',
    ],
    'the hello of a container that nobody waits for is kept': [
      'for i in 1 2 3 4 5; do docker run -d --name burst$i busybox echo $i > /dev/null; done; for i in 1 2 3 4 5; do docker wait burst$i > /dev/null; docker logs burst$i; done',
      'docker rm $(docker ps -aq --filter name=burst) | wc -l',
    ],
  },
};
