import type { Chapter } from '../chapter.ts';

export const SAVE_LOAD: Chapter = {
  name: 'save and load',
  before: ['docker pull -q tool', 'docker tag tool tool:extra'],
  checks: {
    save: [
      'docker save -o one.tar tool; tar -tf one.tar | grep -c -E "manifest.json|repositories"',
      "tar -xOf one.tar manifest.json | tr ',' '\\n' | grep -o RepoTags",
      'docker save tool | tar -tf - | grep manifest.json',
      'docker save -o both.tar tool busybox; tar -xOf both.tar manifest.json | grep -o RepoTags | wc -l',
      'docker save -o id.tar $(docker images -q tool | head -1); tar -xOf id.tar manifest.json | grep -o -E "\\"RepoTags\\":[^,]*"',
      'docker save -o tags.tar tool tool:extra; tar -xOf tags.tar manifest.json | grep -o -E "\\"RepoTags\\":[^]]*"',
      'docker save nothing',
      'docker save -o /no/such/dir/x tool',
      'docker save',
      'docker save "BAD NAME"',
    ],
    load: [
      'docker rmi tool tool:extra > /dev/null; docker load -i one.tar',
      'docker run --rm tool x',
      'docker load < one.tar',
      'docker load -q -i one.tar',
      'docker rmi tool > /dev/null; gzip -k one.tar; docker load -i one.tar.gz',
      'docker rmi tool > /dev/null; docker load -i id.tar',
      'docker images -f dangling=true -q | wc -l; docker rmi $(docker images -f dangling=true -q) > /dev/null',
      'docker load -i tags.tar | sort',
      'docker load -i both.tar | sort',
      'docker rmi tool:extra',
    ],
    'load of what is none': [
      'echo nonsense | docker load',
      'docker load -i missing.tar',
      'tar -cf empty.tar -T /dev/null; docker load -i empty.tar',
      'echo x > x; tar -cf other.tar x; docker load -i other.tar',
      'head -c 20000 one.tar | docker load',
    ],
    'an image survives the trip unchanged': [
      'docker images -q --no-trunc tool > before; docker save -o t.tar tool; docker rmi tool > /dev/null; docker load -q -i t.tar > /dev/null; docker images -q --no-trunc tool | diff - before && echo same',
      "docker inspect -f '{{json .Config.Cmd}} {{json .Config.Labels}} {{.Created}}' tool",
      "docker history --format '{{.CreatedBy}}' tool",
    ],
  },
};
