import type { Chapter } from '../chapter.ts';

/** stats, top, port. */
export const NUMBERS: Chapter = {
  name: 'stats, top and port',
  before: [
    'docker run -d --name worker -m 64m -p 18120:80 -p 18121:81/udp busybox sh -c "sleep 1000 & sleep 1001"',
    'docker run -d --name bare --network none busybox sleep 1000',
    'docker create --name idle busybox sleep 1',
  ],
  checks: {
    'stats once': [
      "docker stats --no-stream --format '{{.Name}} {{.PIDs}}' worker",
      "docker stats --no-stream --format '{{.Container}} {{.ID}}' worker",
      "docker stats --no-stream --format '{{.MemUsage}}' worker | sed 's#.* / ##'",
      "docker stats --no-stream --format '{{.CPUPerc}} {{.MemPerc}} {{.NetIO}} {{.BlockIO}}' worker | sed -E 's/[0-9.]+(kB|B|MB)/N/g; s/[0-9.]+%/P%/g'",
      'docker stats --no-stream worker | head -1',
      "docker stats --no-stream --format '{{.Name}}' | sort",
      "docker stats --no-stream -a --format '{{.Name}}' | sort",
      "docker stats --no-stream --format '{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}' idle",
      "docker stats --no-stream --format '{{.Name}} {{.NetIO}}' bare",
      'docker stats --no-stream nobody',
      "docker stats --no-stream --format '{{.Nonsense}}' worker",
      'docker stats --no-stream --format json worker | tr "," "\\n" | cut -d: -f1 | tr "\\n" " "',
      "docker stats --no-stream --no-trunc --format '{{.ID}}' worker | tr -d '\\n' | wc -c",
    ],
    top: [
      'docker top worker | head -1',
      'docker top worker -o pid,comm | tr -s " " | cut -d" " -f2 | sort',
      'docker top worker -o comm | sort',
      'docker top worker -o args | sort',
      'docker top worker aux | head -1',
      'docker top worker -ef | tail -n +2 | wc -l',
      'docker top worker -o comm',
      'docker top idle',
      'docker top nobody',
      'docker top worker -nonsense 2>&1 | head -1',
      'docker top',
    ],
    port: [
      'docker port worker | sort',
      'docker port worker 80',
      'docker port worker 81/udp',
      'docker port worker 81',
      'docker port worker 80/nonsense',
      'docker port worker nonsense',
      'docker port bare',
      'docker port idle',
      'docker port nobody',
      'docker port',
    ],
  },
};
