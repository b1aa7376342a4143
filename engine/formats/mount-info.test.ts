import { expect, test } from 'vitest';
import { mountOfPath, parseMountInfo } from './mount-info.ts';

const TEXT = `22 1 0:21 / / rw,relatime - ext4 /dev/vda rw
23 22 0:22 / /mnt/with\\040blank rw shared:7 - tmpfs tmpfs rw
24 22 0:23 / /mnt rw master:3 propagate_from:2 - tmpfs tmpfs rw
25 22 0:24 / /mnt rw - tmpfs tmpfs rw
`;

test('a path is held by the deepest mount, and of two at one place by the later', () => {
  const entries = parseMountInfo(TEXT);
  expect(mountOfPath(entries, '/mnt/with blank/x')).toEqual({
    mountPoint: '/mnt/with blank',
    isShared: true,
    isSlave: false,
  });
  expect(mountOfPath(entries, '/mnt/other')).toMatchObject({ mountPoint: '/mnt', isSlave: false });
  expect(mountOfPath(entries, '/mntx')).toMatchObject({ mountPoint: '/' });
  expect(entries[2]).toMatchObject({ isShared: false, isSlave: true });
});
