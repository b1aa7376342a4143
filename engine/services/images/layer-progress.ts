/**
 * The lines of one layer of a pull, from `Pulling fs layer` to `Pull complete`. Fetching and
 * unpacking are one stream here; clients see them as the two steps they know.
 */
import type { ProgressMessage } from '../../contract/images.ts';
import type { UnpackProgress } from '../../drivers/unpacker.ts';
import { barLine, stepLine } from './progress.ts';

export class LayerProgress {
  private readonly id: string;
  private readonly totalBytes: number;
  private readonly push: (line: ProgressMessage) => void;
  private isFetched = false;

  constructor(id: string, totalBytes: number, push: (line: ProgressMessage) => void) {
    this.id = id;
    this.totalBytes = totalBytes;
    this.push = push;
  }

  begin(): void {
    this.step('Pulling fs layer');
  }

  exists(): void {
    this.step('Already exists');
  }

  update({ isWaiting, fetchedBytes, unpackedBytes }: UnpackProgress): void {
    if (isWaiting) this.step('Waiting');
    else if (fetchedBytes < this.totalBytes) this.bar('Downloading', fetchedBytes);
    else {
      this.fetched();
      this.bar('Extracting', unpackedBytes);
    }
  }

  complete(): void {
    this.fetched();
    this.step('Pull complete');
  }

  private fetched(): void {
    if (this.isFetched) return;
    this.isFetched = true;
    this.step('Verifying Checksum');
    this.step('Download complete');
  }

  private step(status: string): void {
    this.push(stepLine(status, this.id));
  }

  private bar(status: string, current: number): void {
    this.push(barLine(status, this.id, current, this.totalBytes));
  }
}
