/** Says why its part is not ready, in a few words, or undefined when it is. Called for each probe: it reads state, it does no I/O. */
export type ReadinessCheck = () => string | undefined;

/** Whether this process should get work. */
export class Health {
  readonly #checks = new Map<string, ReadinessCheck>();

  /** Adds or replaces a check. */
  addCheck(name: string, check: ReadinessCheck): void {
    this.#checks.set(name, check);
  }

  removeCheck(name: string): void {
    this.#checks.delete(name);
  }

  /** Reasons by check; empty when ready. */
  failing(): Readonly<Record<string, string>> {
    const failing: Record<string, string> = {};
    for (const [name, check] of this.#checks) {
      const reason = check();
      if (reason !== undefined) failing[name] = reason;
    }
    return failing;
  }
}
