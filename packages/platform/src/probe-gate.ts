/** How often log and store are asked, and how long an answer may take: together below the second in which an outage must show. */
export const PROBE_EVERY_MS = 250;
export const PROBE_TIMEOUT_MS = 500;

/** Something that may be away. `probe` resolves when it answers now. */
export type Probed = { readonly name: string; probe(): Promise<void> };

/** Open while everything that it probes answers (design §3.3). Closes at the first probe that fails or takes too long, opens at the first
 *  round of probes that all succeed. */
export class ProbeGate {
  readonly #probed: readonly Probed[];
  readonly #onChange: (failing: string | undefined) => void;
  readonly #failing = new Map<string, string>();
  #timers: NodeJS.Timeout[] = [];

  /** @param onChange told once per change: what fails, or undefined when all answer again */
  constructor(probed: readonly Probed[], onChange: (failing: string | undefined) => void) {
    this.#probed = probed;
    this.#onChange = onChange;
    for (const { name } of probed) this.#failing.set(name, 'not asked yet');
  }

  get open(): boolean {
    return this.#failing.size === 0;
  }

  /** What fails, in a few words; undefined when open. */
  get reason(): string | undefined {
    if (this.#failing.size === 0) return undefined;
    return [...this.#failing].map(([name, why]) => `${name}: ${why}`).join('; ');
  }

  /** Probes until stopped. Resolves after the first round. */
  async start(): Promise<void> {
    const rounds = this.#probed.map((one) => this.#ask(one));
    this.#timers = this.#probed.map((one) => this.#repeat(one));
    await Promise.all(rounds);
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #repeat(one: Probed): NodeJS.Timeout {
    let asking = false;
    return setInterval(() => {
      if (asking) return;
      asking = true;
      void this.#ask(one).finally(() => {
        asking = false;
      });
    }, PROBE_EVERY_MS);
  }

  async #ask(one: Probed): Promise<void> {
    const wasOpen = this.open;
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`no answer within ${PROBE_TIMEOUT_MS} ms`)),
          PROBE_TIMEOUT_MS,
        );
      });
      await Promise.race([one.probe(), late]);
      this.#failing.delete(one.name);
    } catch (error) {
      this.#failing.set(one.name, error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
    }
    if (wasOpen !== this.open) this.#onChange(this.reason);
  }
}
