import { PlatformError } from '@hermod/contracts';
import type { Commit } from './group-offsets.ts';

type Round = {
  readonly commits: Map<number, Commit>;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** Gathers commits into one request at a time. Shut while no generation is known; what is in it then waits for
 *  {@link open}, and is refused by {@link close}. */
export class CommitQueue {
  readonly #write: (commits: readonly Commit[]) => Promise<void>;
  #waiting: Round | undefined;
  #isWriting = false;
  #isOpen = false;

  constructor(write: (commits: readonly Commit[]) => Promise<void>) {
    this.#write = write;
  }

  /** A later commit of the same partition replaces an earlier one that has not gone out. */
  add(commit: Commit): Promise<void> {
    this.#waiting ??= newRound();
    this.#waiting.commits.set(commit.partition, commit);
    this.#schedule();
    return this.#waiting.promise;
  }

  open(): void {
    this.#isOpen = true;
    this.#schedule();
  }

  close(): void {
    this.#isOpen = false;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(new PlatformError('NOT_OWNER', 'the assignment is over'));
  }

  #schedule(): void {
    if (!this.#isOpen || this.#isWriting || this.#waiting === undefined) return;
    this.#isWriting = true;
    queueMicrotask(() => {
      const round = this.#waiting;
      this.#waiting = undefined;
      if (round === undefined) {
        this.#isWriting = false;
        return;
      }
      this.#write([...round.commits.values()])
        .then(round.resolve, round.reject)
        .finally(() => {
          this.#isWriting = false;
          this.#schedule();
        });
    });
  }
}

function newRound(): Round {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { commits: new Map(), promise, resolve, reject };
}
