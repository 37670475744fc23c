import type { OutcomeLog, OutcomeRecord } from '@hermod/contracts';

/** A message that has come to its end and whose outcome is being recorded. */
export interface Ending {
  readonly outcome: OutcomeRecord;
  /** The outcome is with the log: the record may be finished. Must not throw. */
  onRecorded(): void;
  /** The log refused it. Must not throw. */
  onRefused(error: unknown): void;
}

type Group = { readonly recorded: Promise<void>; readonly endings: Ending[] };

/** Records outcomes and waits once for all that share a promise: an outcome log writes them in groups, and promises of its own
 *  for each message cost more than the message's outcome. */
export class Endings {
  readonly #outcomes: OutcomeLog;
  #group: Group | undefined;

  constructor(outcomes: OutcomeLog) {
    this.#outcomes = outcomes;
  }

  add(ending: Ending): void {
    const recorded = this.#outcomes.record(ending.outcome);
    let group = this.#group;
    if (group?.recorded !== recorded) {
      group = { recorded, endings: [] };
      this.#group = group;
      void this.#await(group);
    }
    group.endings.push(ending);
  }

  async #await(group: Group): Promise<void> {
    let refusal: { readonly error: unknown } | undefined;
    try {
      await group.recorded;
    } catch (error) {
      refusal = { error };
    }
    if (this.#group === group) this.#group = undefined;
    for (const ending of group.endings) {
      if (refusal === undefined) ending.onRecorded();
      else ending.onRefused(refusal.error);
    }
  }
}
