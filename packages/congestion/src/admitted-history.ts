/** Sums are kept for so many steps of so long: what is older counts as what is oldest. */
const STEPS = 256;
const STEP_MS = 250;

/** How many requests were admitted until when, for the last minute. */
export class AdmittedHistory {
  /** Rings; the last entry is at `#last`, and times rise up to it. */
  readonly #timesMs = new Float64Array(STEPS).fill(Number.NEGATIVE_INFINITY);
  readonly #sums = new Float64Array(STEPS);
  #last = 0;
  #sum = 0;
  #firstMs = Number.NEGATIVE_INFINITY;
  #nowMs = Number.NEGATIVE_INFINITY;

  /** @param count admitted since the last call  @param nowMs a clock that may step back: then what was is forgotten */
  add(count: number, nowMs: number): void {
    if (!(nowMs >= this.#nowMs)) this.#timesMs.fill(Number.NEGATIVE_INFINITY);
    if (this.#timesMs[this.#last] === Number.NEGATIVE_INFINITY) this.#firstMs = nowMs;
    this.#nowMs = nowMs;
    this.#sum += count;
    const lastMs = this.#timesMs[this.#last] ?? 0;
    if (nowMs - lastMs < STEP_MS) return;
    this.#last = (this.#last + 1) % STEPS;
    this.#timesMs[this.#last] = nowMs;
    this.#sums[this.#last] = this.#sum;
  }

  /** Requests admitted from one moment to another, both epoch ms; 0 when the second is not the later one. */
  between(fromMs: number, untilMs: number): number {
    return Math.max(0, this.#until(untilMs) - this.#until(fromMs));
  }

  /** Requests per second within the last `overMs`, or for as long as there are any. */
  perSec(overMs: number): number {
    const fromMs = Math.max(this.#firstMs, this.#nowMs - overMs);
    const spanMs = this.#nowMs - fromMs;
    return spanMs > 0 ? (this.between(fromMs, this.#nowMs) * 1_000) / spanMs : 0;
  }

  #until(atMs: number): number {
    let laterMs = this.#nowMs;
    let later = this.#sum;
    if (atMs >= laterMs) return later;
    for (let i = 0; i < STEPS; i += 1) {
      const at = (this.#last - i + STEPS) % STEPS;
      const ms = this.#timesMs[at] ?? Number.NEGATIVE_INFINITY;
      if (ms === Number.NEGATIVE_INFINITY) break;
      const sum = this.#sums[at] ?? 0;
      if (ms <= atMs) return sum + ((later - sum) * (atMs - ms)) / Math.max(1, laterMs - ms);
      laterMs = ms;
      later = sum;
    }
    return later;
  }
}
