import type { Chapter } from '../chapter.ts';

const SHOW = (format: string, name = 'full'): string => `docker inspect -f '${format}' ${name}`;

export const INSPECT: Chapter = {
  name: 'inspect',
  before: [
    `docker run -d --name full -h full -p 127.0.0.1:18100:80 -v store:/store -v /tmp:/host:ro --tmpfs /scratch -e A=b -l k=v -u 0:0 -w /tmp --restart unless-stopped -m 64m busybox sh -c 'sleep 1000'`,
    'docker run -d --name plain busybox sleep 1000',
    "docker run --name over busybox sh -c 'exit 5'",
  ],
  checks: {
    'what was asked for': [
      SHOW('{{.Name}} {{.Path}} {{json .Args}}'),
      SHOW('{{json .Config.Cmd}} {{json .Config.Entrypoint}} {{.Config.Image}}'),
      SHOW('{{json .Config.Env}}'),
      SHOW('{{json .Config.Labels}} {{.Config.User}} {{.Config.WorkingDir}}'),
      SHOW(
        '{{.Config.Hostname}} {{.Config.Domainname}} {{.Config.Tty}} {{.Config.OpenStdin}} {{.Config.StdinOnce}}',
      ),
      SHOW('{{.Config.AttachStdin}} {{.Config.AttachStdout}} {{.Config.AttachStderr}}'),
      SHOW('{{json .Config.ExposedPorts}} {{json .Config.Volumes}} {{json .Config.OnBuild}}'),
      SHOW('{{len .HostConfig.Binds}} {{json .HostConfig.PortBindings}}'),
      SHOW(
        '{{json .HostConfig.RestartPolicy}} {{.HostConfig.NetworkMode}} {{.HostConfig.AutoRemove}}',
      ),
      SHOW(
        '{{.HostConfig.Memory}} {{.HostConfig.Privileged}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.PublishAllPorts}}',
      ),
    ],
    'defaults that are filled in': [
      SHOW(
        '{{.HostConfig.ShmSize}} {{.HostConfig.IpcMode}} {{.HostConfig.CgroupnsMode}} {{.HostConfig.PidMode}}|{{.HostConfig.UTSMode}}|{{.HostConfig.UsernsMode}}',
        'plain',
      ),
      SHOW('{{json .HostConfig.LogConfig}}', 'plain'),
      SHOW('{{json .HostConfig.MaskedPaths}}', 'plain'),
      SHOW('{{json .HostConfig.ReadonlyPaths}}', 'plain'),
      SHOW(
        '{{json .HostConfig.CapAdd}} {{json .HostConfig.CapDrop}} {{json .HostConfig.SecurityOpt}}',
        'plain',
      ),
      SHOW(
        '{{json .HostConfig.Dns}} {{json .HostConfig.DnsOptions}} {{json .HostConfig.DnsSearch}} {{json .HostConfig.ExtraHosts}}',
        'plain',
      ),
      SHOW(
        '{{json .HostConfig.Links}} {{json .HostConfig.VolumesFrom}} {{json .HostConfig.GroupAdd}} {{json .HostConfig.Devices}}',
        'plain',
      ),
      SHOW(
        '{{json .HostConfig.Ulimits}} {{json .HostConfig.PidsLimit}} {{json .HostConfig.MemorySwappiness}} {{json .HostConfig.OomKillDisable}}',
        'plain',
      ),
      SHOW(
        '{{.HostConfig.Runtime}} {{.HostConfig.NetworkMode}} {{json .HostConfig.PortBindings}} {{json .HostConfig.ConsoleSize}}',
        'plain',
      ),
      SHOW(
        '{{json .HostConfig.BlkioWeightDevice}} {{json .HostConfig.BlkioDeviceReadBps}} {{json .HostConfig.DeviceRequests}} {{json .HostConfig.DeviceCgroupRules}}',
        'plain',
      ),
      SHOW(
        '{{json .Config.Entrypoint}} {{json .Config.Volumes}} {{json .Config.Labels}} {{json .Config.OnBuild}}',
        'plain',
      ),
      SHOW(
        '{{json .ExecIDs}} {{.AppArmorProfile}} {{.ProcessLabel}} {{.MountLabel}} {{.Driver}} {{.Platform}}',
        'plain',
      ),
    ],
    'the state': [
      SHOW(
        '{{.State.Status}} {{.State.Running}} {{.State.Paused}} {{.State.Restarting}} {{.State.OOMKilled}} {{.State.Dead}}',
      ),
      SHOW('{{.State.ExitCode}} {{.State.Error}} {{.RestartCount}}'),
      'test "$(docker inspect -f "{{.State.Pid}}" full)" -gt 1 && echo a pid',
      SHOW('{{.State.Status}} {{.State.Running}} {{.State.Pid}} {{.State.ExitCode}}', 'over'),
      SHOW('{{.Created}} {{.State.StartedAt}} {{.State.FinishedAt}}'),
      SHOW('{{.State.StartedAt}} {{.State.FinishedAt}}', 'over'),
      SHOW('{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}'),
    ],
    'the network': [
      SHOW('{{json .NetworkSettings.Ports}}'),
      SHOW(
        '{{range $name, $it := .NetworkSettings.Networks}}{{$name}} {{$it.IPAddress}}/{{$it.IPPrefixLen}} {{$it.Gateway}}{{end}}',
      ),
      SHOW(
        '{{json .NetworkSettings.Networks.bridge.IPAMConfig}} {{json .NetworkSettings.Networks.bridge.Links}} {{json .NetworkSettings.Networks.bridge.DriverOpts}}',
      ),
      SHOW('{{json .NetworkSettings.Networks.bridge.Aliases}}'),
      SHOW(
        '{{.NetworkSettings.IPAddress}}|{{.NetworkSettings.Gateway}}|{{.NetworkSettings.MacAddress}}',
      ),
      SHOW(
        '{{.NetworkSettings.IPAddress}} {{.NetworkSettings.IPPrefixLen}} {{.NetworkSettings.Gateway}} {{.NetworkSettings.MacAddress}}',
        'plain',
      ),
      SHOW(
        '{{range $name, $it := .NetworkSettings.Networks}}{{$name}}{{end}} {{.NetworkSettings.Networks.bridge.MacAddress}}',
        'plain',
      ),
      SHOW('{{json .NetworkSettings.Ports}}', 'plain'),
      SHOW(
        '{{json .NetworkSettings.Ports}} [{{.NetworkSettings.IPAddress}}] [{{.NetworkSettings.Networks.bridge.IPAddress}}]',
        'over',
      ),
      SHOW(
        '{{len .NetworkSettings.SandboxID}} {{len .NetworkSettings.Networks.bridge.EndpointID}} {{len .NetworkSettings.Networks.bridge.NetworkID}}',
      ),
      SHOW(
        '{{.NetworkSettings.HairpinMode}} {{.NetworkSettings.Bridge}} {{.NetworkSettings.LinkLocalIPv6Address}}',
      ),
    ],
    'the mounts': [
      SHOW(
        '{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}} {{.Mode}} {{.RW}} {{.Propagation}} {{.Driver}};{{end}}',
      ) + " | tr ';' '\\n' | sort",
      SHOW('{{range .Mounts}}{{.Type}} {{.Source}};{{end}}') +
        " | tr ';' '\\n' | sed 's#/.*/volumes#VOLUMES#' | sort",
      SHOW('{{json .Mounts}}', 'plain'),
      SHOW('{{json .HostConfig.Tmpfs}} {{json .HostConfig.Mounts}}'),
    ],
    'the whole, its keys and types': [
      "docker inspect full | grep -E '^        \"' | cut -d'\"' -f2 | sort | tr '\\n' ' '",
      "docker inspect -f '{{json .Config}}' full | tr ',{' '\\n\\n' | grep -o -E '^\"[A-Z][A-Za-z]+\":' | sort | tr -d '\\n'",
      "docker inspect -f '{{json .HostConfig}}' full | tr ',{' '\\n\\n' | grep -o -E '^\"[A-Z][A-Za-z]+\":' | sort -u | tr -d '\\n'",
      "docker inspect -f '{{json .State}}' full | tr ',{' '\\n\\n' | grep -o -E '^\"[A-Z][A-Za-z]+\":' | sort | tr -d '\\n'",
      "docker inspect -f '{{json .NetworkSettings}}' full | tr ',{' '\\n\\n' | grep -o -E '^\"[A-Z][A-Za-z0-9]+\":' | sort | tr -d '\\n'",
      'docker inspect -s -f \'{{json .SizeRw}} {{.SizeRootFs | printf "%T"}}\' full',
      "docker inspect -f '{{json .SizeRw}}' full",
    ],
    'several at once, of any kind': [
      "docker inspect -f '{{.Name}}' full plain",
      "docker inspect -f '{{.Name}}' full nobody plain",
      'docker inspect nobody',
      'docker inspect --type container nobody',
      'docker inspect --type image full',
      'docker inspect --type volume nobody',
      'docker inspect --type network nobody',
      'docker inspect --type nonsense full',
      "docker inspect -f '{{.Driver}} {{.Name}}' store",
      "docker inspect -f '{{.Name}} {{.Driver}}' bridge",
      "docker inspect -f '{{index .RepoTags 0}}' busybox",
      "docker container inspect -f '{{.Name}}' full",
      'docker container inspect busybox',
      "docker inspect -f '{{.Nonsense}}' full",
      "docker inspect -f '{{' full",
      'docker inspect',
      'docker inspect --format json plain | head -c 8',
    ],
  },
};
