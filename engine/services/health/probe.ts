/** One probe: the check's program run in the container, its output cut to what is kept of it. */
import { Duplex } from 'node:stream';
import { execCreateBody } from '../../contract/exec.ts';
import { messageOf } from '../../contract/errors.ts';
import { goDuration } from '../../formats/durations.ts';
import { formatTime, type Clock } from '../../host/clock.ts';
import type { ExecService } from '../exec/exec-service.ts';
import type { ProbeResult } from './health-record.ts';
import type { ProbePlan } from './probe-plan.ts';

const OUTPUT_BYTES_MAX = 4096;

export async function runProbe(
  parts: { readonly exec: Pick<ExecService, 'run'>; readonly clock: Clock },
  containerId: string,
  plan: ProbePlan,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { exec, clock } = parts;
  const now = () => formatTime(clock.nowNs());
  const start = now();
  const output = new KeptOutput();
  const { timeoutMs, command } = plan;
  try {
    const body = execCreateBody.parse({ Cmd: command, AttachStdout: true, AttachStderr: true });
    const result = await exec.run(containerId, body, { output, timeoutMs, signal });
    if (!result.isOverdue)
      return { start, end: now(), exitCode: result.exitCode, output: output.text() };
    const said = output.text();
    const text = `Health check exceeded timeout (${goDuration(timeoutMs)})${said && `: ${said}`}`;
    return { start, end: now(), exitCode: -1, output: text };
  } catch (error) {
    return { start, end: now(), exitCode: -1, output: messageOf(error) };
  } finally {
    output.destroy();
  }
}

/** Takes what a program writes and keeps the beginning. There is nothing to read from it. */
class KeptOutput extends Duplex {
  private readonly kept: Buffer[] = [];
  private keptBytes = 0;
  private isCut = false;

  text(): string {
    return Buffer.concat(this.kept).toString('utf8') + (this.isCut ? '...' : '');
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    const part = bytes.subarray(0, OUTPUT_BYTES_MAX - this.keptBytes);
    this.keptBytes += part.length;
    if (part.length > 0) this.kept.push(Buffer.from(part));
    if (part.length < bytes.length) this.isCut = true;
    done();
  }
}
