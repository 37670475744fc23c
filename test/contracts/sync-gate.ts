import { fdatasync } from 'node:fs';
import { promisify } from 'node:util';

const fdatasyncAsync = promisify(fdatasync);

/** A `sync` for the segment log that a test can hold back. */
export class SyncGate {
  #held: Promise<void> | undefined;
  #open: () => void = () => {};

  readonly sync = async (fd: number): Promise<void> => {
    await this.#held;
    await fdatasyncAsync(fd);
  };

  hold(): void {
    this.#held ??= new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#held = undefined;
    this.#open();
  }
}
