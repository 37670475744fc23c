import type { OcFeedback } from './oc-params.ts';
import type { Random } from './ports.ts';
import { TrafficClass } from './traffic-class.ts';

/** Classes up to this one are the second category of RFC 7339 §7.2: left out only when leaving out all others is not enough. */
const LAST_PROTECTED: TrafficClass = TrafficClass.SESSION;
/** Share of the first category before anything was counted, and how often it is taken anew (RFC 7339 §7.2). */
const INITIAL_SHARE = 0.8;
const SAMPLE_MS = 5_000;
/** An oc-seq that is smaller by no more than so many seconds comes from an answer that was overtaken; any other one from a server that was started again. */
const OVERTAKEN_SEC = 60;
/** What a server may ask for at once, ms: it could not take back more, since it has no requests to answer. */
const MAX_VALIDITY_MS = 3_600_000;
/** RFC 7415 §3.5.2: tolerances of both categories, in intervals between two requests. */
const TOLERANCE = 5;
const PROTECTED_TOLERANCE = 10;

/**
 * What one server allows us to send, as it last said in our Via. Its scope is the server's address and port.
 * A server that stays silent altogether is the business of whoever holds next hops (RFC 7339 §5.9).
 */
export class NeighbourLimit {
  readonly #random: Random;
  #feedback: OcFeedback | undefined;
  /** When that came. */
  #heardMs = 0;
  /** Requests of both categories since the last sample. */
  #droppable = 0;
  #protected = 0;
  #sampledMs: number;
  #share = INITIAL_SHARE;
  /** Leaky bucket of the rate algorithm: milliseconds in it, and when that was so. */
  #levelMs = 0;
  #atMs = 0;

  constructor(random: Random, nowMs: number) {
    this.#random = random;
    this.#sampledMs = nowMs;
  }

  /** What it asked for, while that holds.  @returns undefined: nothing */
  feedback(nowMs: number): OcFeedback | undefined {
    const feedback = this.#feedback;
    if (feedback === undefined) return undefined;
    // A clock that was set back ends a limit, rather than prolong it.
    const ageMs = nowMs - this.#heardMs;
    return ageMs >= 0 && ageMs < Math.min(feedback.validityMs, MAX_VALIDITY_MS)
      ? feedback
      : undefined;
  }

  /** Nothing holds any more, nor could an answer that was overtaken still come. */
  isOver(nowMs: number): boolean {
    const isRecent = Math.abs(nowMs - this.#heardMs) < OVERTAKEN_SEC * 1_000;
    return !isRecent && this.feedback(nowMs) === undefined;
  }

  /** A response came.  @see RFC 7339 §5.4 */
  receive(feedback: OcFeedback, nowMs: number): void {
    const before = this.#feedback;
    if (before !== undefined && !isNewer(feedback.seq, before.seq)) return;
    const wasRate = this.feedback(nowMs)?.algorithm === 'rate';
    this.#feedback = feedback;
    this.#heardMs = nowMs;
    if (feedback.algorithm === 'rate' && !wasRate) {
      // RFC 7415 §3.5.1, §3.5.3: empty at first, but not at the same time as that of every other client.
      this.#levelMs = this.#jitteredMs(feedback);
      this.#atMs = nowMs;
    }
  }

  /** May this request be sent? If not, it goes elsewhere, or is answered 503 without Retry-After.  @see RFC 7339 §5.10 */
  permits(trafficClass: TrafficClass, nowMs: number): boolean {
    const isProtected = trafficClass <= LAST_PROTECTED;
    this.#count(isProtected, nowMs);
    const feedback = this.feedback(nowMs);
    if (feedback === undefined) return true;
    return feedback.algorithm === 'loss'
      ? !this.#leavesOut(feedback.value, isProtected)
      : this.#fits(feedback, isProtected, nowMs);
  }

  #count(isProtected: boolean, nowMs: number): void {
    if (isProtected) this.#protected += 1;
    else this.#droppable += 1;
    if (Math.abs(nowMs - this.#sampledMs) < SAMPLE_MS) return;
    this.#share = this.#droppable / (this.#droppable + this.#protected);
    this.#sampledMs = nowMs;
    this.#droppable = 0;
    this.#protected = 0;
  }

  // RFC 7339 §7.2: first from the first category; from the second what is missing then.
  #leavesOut(loss: number, isProtected: boolean): boolean {
    const wanted = loss / 100;
    const share = this.#share;
    const part = isProtected
      ? Math.max(0, wanted - share) / Math.max(1e-9, 1 - share)
      : wanted / Math.max(1e-9, share);
    return this.#random() < part;
  }

  // RFC 7415 §3.5.1: Xp = X - (ta - LCT); it conforms when Xp <= TAU.
  #fits(feedback: OcFeedback, isProtected: boolean, nowMs: number): boolean {
    if (feedback.value === 0) return false;
    const intervalMs = 1_000 / feedback.value;
    const levelMs = this.#levelMs - Math.max(0, nowMs - this.#atMs);
    const tolerance = isProtected ? PROTECTED_TOLERANCE : TOLERANCE;
    if (levelMs > tolerance * intervalMs) return false;
    this.#levelMs = levelMs <= 0 ? this.#jitteredMs(feedback) : levelMs + intervalMs;
    this.#atMs = nowMs;
    return true;
  }

  #jitteredMs({ value }: OcFeedback): number {
    return value === 0 ? 0 : (1_000 / value) * (0.5 + this.#random());
  }
}

function isNewer(seq: OcFeedback['seq'], before: OcFeedback['seq']): boolean {
  const ahead = seq[0] - before[0];
  return ahead === 0 ? seq[1] > before[1] : ahead > 0 || ahead < -OVERTAKEN_SEC;
}
