import type { Random } from '../../fuzz/random.ts';
import type { RateProfile } from './rate-profile.ts';

/** `poisson`: independent users; `even`: at equal distances. */
export type ArrivalProcess = 'poisson' | 'even';

const TWO_32 = 0x1_0000_0000;

/** When messages are due, whatever becomes of the earlier ones: an open loop. Arrivals of a steady process of one per second, stretched so
 *  that their rate follows the profile: a Poisson process stays one. */
export class Arrivals {
  readonly #profile: RateProfile;
  readonly #process: ArrivalProcess;
  readonly #random: Random;
  readonly #share: number;
  #count: number;
  #stretch = 0;

  /** @param share of the profile's rate that arrives here, > 0
   *  @param phase 0–1: how far the first even arrival is into its interval, so that several processes interleave */
  constructor(
    profile: RateProfile,
    process: ArrivalProcess,
    random: Random,
    share = 1,
    phase = 0.5,
  ) {
    this.#profile = profile;
    this.#process = process;
    this.#random = random;
    this.#share = share;
    this.#count = process === 'even' ? (phase - 1) / share : 0;
  }

  /** Seconds from the start of the profile to the next arrival; Infinity once it is over. */
  next(): number {
    const gap = this.#process === 'even' ? 1 : -Math.log((this.#random.int(TWO_32) + 0.5) / TWO_32);
    this.#count += gap / this.#share;
    this.#stretch = this.#profile.stretchOf(this.#count, this.#stretch);
    return this.#profile.timeOf(this.#count, this.#stretch);
  }
}
