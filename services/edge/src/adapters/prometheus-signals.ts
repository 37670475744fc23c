import type { ClusterLoad, ClusterSignals, Random } from '@hermod/congestion';
import type { Clock } from '@hermod/sip';
import { clusterQuery, readClusterLoad } from './cluster-query.ts';

/** What a {@link PrometheusSignals} is built from. */
export type PrometheusOptions = {
  /** Where its API is, without `/api/v1`. */
  readonly url: string;
  /** Matchers that tell this Hermod from others, as in `job="hermod"`; '' where there is no other. */
  readonly match: string;
  /** Prometheus looks at each process so often; it is asked as often. */
  readonly scrapeSec: number;
};

/** An answer is a few hundred octets: more is none. */
const MAX_ANSWER_BYTES = 65_536;
/** Edges must not ask all at once: a pause is so much of the interval, or up to half of it more. What was scraped is heard soon, since every
 *  message that routers cannot take meanwhile will wait. */
const SHORTEST_PAUSE = 0.25;
const JITTER = 0.5;

/**
 * Asks Prometheus about the cluster, again and again, and keeps the last answer. Whatever goes wrong, nobody waits for it: an answer
 * that is late or makes no sense is none.
 */
export class PrometheusSignals implements ClusterSignals {
  readonly stats = { answered: 0, failed: 0 };
  readonly #address: string;
  readonly #query: string;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #random: Random;
  #latest: ClusterLoad | undefined;
  #failure: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor({ url, match, scrapeSec }: PrometheusOptions, clock: Clock, random: Random) {
    this.#address = `${url.replace(/\/$/, '')}/api/v1/query`;
    this.#query = clusterQuery(match, scrapeSec);
    this.#intervalMs = scrapeSec * 1_000;
    this.#clock = clock;
    this.#random = random;
  }

  latest(): ClusterLoad | undefined {
    return this.#latest;
  }

  /** What was wrong with the last question, in a few words; undefined: it was answered. */
  get failure(): string | undefined {
    return this.#failure;
  }

  start(): void {
    void this.#ask();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    const atMs = this.#clock.nowMs();
    try {
      this.#latest = readClusterLoad(await this.#answer(), atMs);
      this.#failure = undefined;
      this.stats.answered += 1;
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      this.stats.failed += 1;
    }
    if (this.#isStopped) return;
    const pauseMs = this.#intervalMs * (SHORTEST_PAUSE + JITTER * this.#random());
    this.#timer = setTimeout(() => void this.#ask(), pauseMs);
  }

  /** @throws Error when there is none in time, or not the one that was asked for */
  async #answer(): Promise<string> {
    const response = await fetch(this.#address, {
      method: 'POST',
      body: new URLSearchParams({ query: this.#query }),
      redirect: 'error',
      signal: AbortSignal.timeout(this.#intervalMs),
    });
    const { body, ok, status } = response;
    if (!ok || body === null) {
      await body?.cancel();
      throw new Error(`status ${status}`);
    }
    const decoder = new TextDecoder();
    let text = '';
    for await (const bytes of body) {
      text += decoder.decode(bytes, { stream: true });
      // Leaving the loop cancels the rest.
      if (text.length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
    }
    return text;
  }
}
