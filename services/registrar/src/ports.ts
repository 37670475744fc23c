import type { BindingStore, DueStore, LogAppender, SubscriberStore } from '@hermod/contracts';
import type { Clock, GruuSeal, IdSource, Timers } from '@hermod/sip';

/** What a registrar is built on. */
export type RegistrarPorts = {
  readonly bindings: BindingStore;
  readonly subscribers: Pick<SubscriberStore, 'isProvisioned'>;
  /** Where `registered` records go. REGISTER does not depend on it (design §6). */
  readonly log: Pick<LogAppender, 'append'>;
  /** Where an AoR goes before the 200, in case the log does not take its record. */
  readonly due: Pick<DueStore, 'schedule'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  /** Makes temporary GRUUs that edges can open; undefined: public ones alone. */
  readonly gruuSeal?: GruuSeal | undefined;
};
