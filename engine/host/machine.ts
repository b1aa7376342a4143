/** Facts about the machine the engine runs on, read once or cheaply. */
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem, version } from 'node:os';

export interface Machine {
  readonly hostname: string;
  readonly kernelVersion: string;
  readonly operatingSystem: string;
  readonly osVersion: string;
  /** Go's spelling, as images use it: `amd64`, `arm64`. */
  readonly goArchitecture: string;
  /** The kernel's spelling, as `docker info` shows it: `x86_64`, `aarch64`. */
  readonly unameArchitecture: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  /** Changes with every boot. Source: random(4), /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** Containers can log to the journal. Source: sd_journal_print(3). */
  readonly hasJournald: boolean;
  /** Source: apparmor(7), "Module parameters". */
  readonly hasAppArmor: boolean;
}

const GO_ARCHITECTURE: Partial<Record<string, string>> = { x64: 'amd64', ia32: '386' };
const UNAME_ARCHITECTURE: Partial<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

export function readMachine(): Machine {
  const osRelease = readOsRelease();
  return {
    hostname: hostname(),
    kernelVersion: release(),
    operatingSystem: osRelease['PRETTY_NAME'] ?? version(),
    osVersion: osRelease['VERSION_ID'] ?? '',
    goArchitecture: GO_ARCHITECTURE[arch()] ?? arch(),
    unameArchitecture: UNAME_ARCHITECTURE[arch()] ?? arch(),
    cpuCount: cpus().length,
    memoryBytes: totalmem(),
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    hasJournald: existsSync('/run/systemd/journal/socket'),
    hasAppArmor: isAppArmorOn(),
  };
}

function isAppArmorOn(): boolean {
  try {
    return readFileSync('/sys/module/apparmor/parameters/enabled', 'latin1').startsWith('Y');
  } catch {
    return false;
  }
}

/** Source: os-release(5). */
function readOsRelease(): Partial<Record<string, string>> {
  try {
    const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
    return Object.fromEntries(
      lines
        .map((line) => /^(\w+)="?(.*?)"?$/.exec(line))
        .filter((found) => found !== null)
        .map((found) => [found[1] ?? '', found[2] ?? '']),
    );
  } catch {
    return {};
  }
}
