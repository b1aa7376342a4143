import { expect, test } from 'vitest';
import { checkLogTag, logTag } from './log-tag.ts';

const CONTAINER = {
  id: '0123456789abcdef',
  name: 'web',
  imageId: 'sha256:fedcba9876543210',
  imageReference: 'nginx:1',
};

test.each([
  ['', '0123456789ab'],
  ['{{.Name}}/{{ .ID }}', 'web/0123456789ab'],
  ['{{.ImageName}} {{.ImageID}} {{.FullID}}', 'nginx:1 fedcba987654 0123456789abcdef'],
  ['plain', 'plain'],
])('the tag of %j is %j', (template, tag) => {
  expect(() => checkLogTag(template)).not.toThrow();
  expect(logTag(template, CONTAINER)).toBe(tag);
});

test.each([
  ['{{.NoSuch}}', "can't evaluate field NoSuch"],
  ['{{.Name', 'unclosed action'],
  ['{{index .Config 1}}', 'only names of fields are supported'],
])('%j is refused: %s', (template, message) => {
  expect(() => checkLogTag(template)).toThrow(message);
});
