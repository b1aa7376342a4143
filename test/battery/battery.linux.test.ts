/**
 * The battery: what the real docker CLI prints and ends with on Gantry, compared with what it did on
 * Debian's dockerd. A command may differ only as recorded, and `differences.ts` says why it does.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findDockerCli } from '../support/docker-cli.ts';
import { mustRun } from '../support/command.ts';
import { SUBJECT } from '../conformance/subject.ts';
import { BatteryRun } from './battery-run.ts';
import { CHAPTERS } from './chapters.ts';
import { readRecording } from './recording.ts';

/** Another CLI words things differently, and not because of the engine. */
const version = await mustRun(await findDockerCli(), ['--version']);
const isRecordedCli = version.includes('version 28.');

describe.skipIf(!isRecordedCli)('docker', () => {
  let run: BatteryRun;
  beforeAll(async () => {
    run = await BatteryRun.start(SUBJECT);
  });
  afterAll(() => run[Symbol.asyncDispose]());

  describe.each(CHAPTERS)('$name', (chapter) => {
    const recording = readRecording(chapter.name);
    beforeAll(() => run.begin(chapter));

    test.each(Object.keys(chapter.checks))('%s', { timeout: 300_000 }, async (title) => {
      const commands = chapter.checks[title] ?? [];
      const recorded = recording[title] ?? [];
      expect(recorded.map(({ command }) => command)).toEqual(commands);
      const seen = [];
      for (const command of commands) seen.push({ command, ...(await run.outcomeOf(command)) });
      const expected = recorded.map(({ command, dockerd, gantryd }) => ({
        command,
        ...(SUBJECT === 'dockerd' ? dockerd : (gantryd ?? dockerd)),
      }));
      expect(seen).toEqual(expected);
    });
  });
});
