import { describe, expect, it } from 'vitest';
import { PullProgress } from './pull-progress.ts';

const MB = 1_000_000;

function downloading(id: string, current: number, total: number) {
  return { id, status: 'Downloading', progressDetail: { current, total } };
}

describe('pull progress', () => {
  it('follows a layer from waiting to done', () => {
    const progress = new PullProgress();
    const seen: string[] = [];
    const look = (): void => {
      const [layer] = progress.layers;
      seen.push(`${layer?.phase} ${layer?.currentBytes}/${layer?.totalBytes}`);
    };
    for (const message of [
      { id: 'a', status: 'Pulling fs layer' },
      downloading('a', 4, 10),
      { id: 'a', status: 'Download complete' },
      { id: 'a', status: 'Extracting', progressDetail: { current: 3, total: 10 } },
      { id: 'a', status: 'Pull complete' },
    ]) {
      progress.apply(message, 0);
      look();
    }
    expect(seen).toEqual([
      'waiting 0/0',
      'downloading 4/10',
      'downloading 10/10',
      'unpacking 3/10',
      'done 10/10',
    ]);
  });

  it('counts only what is downloaded, not layers that were there', () => {
    const progress = new PullProgress();
    progress.apply({ id: 'a', status: 'Already exists' }, 0);
    progress.apply(downloading('b', 2, 8), 0);
    progress.apply(downloading('c', 1, 4), 0);
    expect([progress.currentBytes, progress.totalBytes]).toEqual([3, 12]);
    expect(progress.layers[0]?.phase).toBe('exists');
  });

  it('takes the rate over the last seconds', () => {
    const progress = new PullProgress();
    for (let second = 0; second <= 10; second++)
      progress.apply(
        downloading('a', second < 5 ? 0 : (second - 5) * 2 * MB, 100 * MB),
        second * 1000,
      );
    expect(progress.bytesPerSecond(10_000)).toBe(2 * MB);
    expect(progress.bytesPerSecond(20_000)).toBe(0);
  });

  it('takes messages about the whole image for no layer', () => {
    const progress = new PullProgress();
    progress.apply({ id: 'latest', status: 'Pulling from library/busybox' }, 0);
    progress.apply({ status: 'Digest: sha256:abc' }, 0);
    expect(progress.layers).toEqual([]);
  });
});
