// When to say that somebody writes, and when that they have stopped (RFC 3994 §3.2).
import { REFRESH_SEC } from './cpim.js';

const IDLE_MS = 15_000;

/** Of one conversation; times in milliseconds. */
export class Composing {
  #say;
  #isActive = false;
  #saidAtMs = 0;
  #typedAtMs = 0;

  /** @param {(isActive: boolean) => void} say tells the other side */
  constructor(say) {
    this.#say = say;
  }

  /** A key was pressed.  @param {string} text as it is now  @param {number} nowMs */
  typed(text, nowMs) {
    if (text.trim() === '') {
      this.#stop();
      return;
    }
    this.#typedAtMs = nowMs;
    if (this.#isActive && nowMs - this.#saidAtMs < (REFRESH_SEC * 1_000) / 2) return;
    this.#isActive = true;
    this.#saidAtMs = nowMs;
    this.#say(true);
  }

  /** The message itself says that it is written. */
  sent() {
    this.#isActive = false;
  }

  /** To be called about every second.  @param {number} nowMs */
  tick(nowMs) {
    if (this.#isActive && nowMs - this.#typedAtMs >= IDLE_MS) this.#stop();
  }

  #stop() {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#say(false);
  }
}
