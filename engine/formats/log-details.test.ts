import { describe, expect, test } from 'vitest';
import { checkLogDetails, logDetails, type LogSubject } from './log-details.ts';

const SUBJECT: LogSubject = {
  id: '9069029143bd'.padEnd(64, '0'),
  name: 'web',
  imageId: `sha256:${'0be3b'.padEnd(64, 'f')}`,
  imageReference: 'busybox',
  labels: { 'com.x': '1', y: 'a b', z: 'unasked' },
  env: ['AA=b', 'Q=x&y=z*~', 'BARE'],
  command: ['sh', '-c'],
};

describe('details of a log', () => {
  // As dockerd 20.10 shows them.
  test.each<{ options: Record<string, string>; details: string }>([
    { options: {}, details: ' ' },
    { options: { labels: 'y,nothing', env: 'AA' }, details: 'AA=b,y=a+b ' },
    {
      options: { 'labels-regex': '^com', 'env-regex': '^Q' },
      details: 'Q=x%26y%3Dz%2A~,com.x=1 ',
    },
    { options: { env: 'BARE' }, details: 'BARE= ' },
    { options: { tag: '{{.Name}}/{{.ID}}' }, details: 'tag=web%2F9069029143bd ' },
    {
      options: { tag: '{{ .ImageName }}|{{.ImageID}}|{{.DaemonName}}|{{.Command}}' },
      details: 'tag=busybox%7Csha256%3A0be3b%7Cdocker%7Csh+-c ',
    },
  ])('of $options are "$details"', ({ options, details }) => {
    checkLogDetails(options);
    expect(logDetails(options, SUBJECT)).toBe(details);
  });

  test.each<{ options: Record<string, string>; why: string }>([
    { options: { tag: '{{.Nope}}' }, why: "can't evaluate field Nope in type *logger.Info" },
    { options: { tag: '{{.constructor}}' }, why: "can't evaluate field constructor" },
    { options: { 'env-regex': '(' }, why: 'error parsing regexp' },
    { options: { 'labels-regex': '[' }, why: 'error parsing regexp' },
  ])('are refused for $options', ({ options, why }) => {
    expect(() => checkLogDetails(options)).toThrow(why);
  });
});
