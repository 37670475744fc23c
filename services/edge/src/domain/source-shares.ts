import { isLoopback, networkOf, TurnoverMap } from '@hermod/sip';
import type { Flow, RelayPolicy } from '../ports.ts';

type Share = { taken: number };

/** Whose share it takes what comes by a flow and proves nothing: its network's.
 *  @returns undefined for another server, which speaks for many, and for this machine, which can do harm otherwise */
export function sourceOf(flow: Flow, relay: RelayPolicy | undefined): string | undefined {
  const { address } = flow.remote;
  return isLoopback(address) || relay?.isPeer(flow) === true ? undefined : networkOf(address);
}

/** What each source has of something that all share, so that none can take all of it. */
export class SourceShares {
  readonly #max: number;
  readonly #shares = new TurnoverMap<string, Share>();

  /** @param max that one source may have at once */
  constructor(max: number) {
    this.#max = max;
  }

  /** @returns false when that source has as much as it may have */
  take(source: string): boolean {
    const share = this.#shares.get(source);
    if (share === undefined) this.#shares.set(source, { taken: 1 });
    else if (share.taken >= this.#max) return false;
    else share.taken += 1;
    return true;
  }

  /** Undoes one {@link take} that was true. */
  giveBack(source: string): void {
    const share = this.#shares.get(source);
    if (share === undefined) throw new Error('nothing was taken');
    share.taken -= 1;
    if (share.taken === 0) this.#shares.delete(source);
  }
}
