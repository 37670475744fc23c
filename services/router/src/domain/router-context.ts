import type {
  DueStore,
  OutcomeLog,
  RecipientStore,
  ServedDomains,
  Tracer,
} from '@hermod/contracts';
import type { Clock, Hash, Latin1Codec, Timers } from '@hermod/sip';
import type { Trunk } from '../ports.ts';
import type { DrainSlots } from './drain-slots.ts';
import type { Endings } from './endings.ts';
import type { FlowMemory } from './flow-memory.ts';
import type { Notifications } from './notifications.ts';
import type { OwnershipGate } from './ownership-gate.ts';
import type { RouterStats } from './router-stats.ts';

/** Bounds and rules that operators set. */
export type RouterPolicy = {
  /** Open domain: any user exists; closed: only provisioned ones. */
  readonly openDomain: boolean;
  readonly mailboxTtlMs: number;
  readonly mailboxMax: number;
  /** Of one sender, in one mailbox; 0 = no bound but the mailbox's own. */
  readonly mailboxMaxPerSender: number;
  /** When edges answer 202 by themselves: an older record counts as accepted, and no bound may reject it. */
  readonly acceptAfterMs: number;
};

/** What every actor of one router shares. */
export type RouterContext = {
  readonly store: RecipientStore;
  readonly due: DueStore;
  readonly outcomes: OutcomeLog;
  readonly endings: Endings;
  readonly notifications: Notifications;
  readonly trunk: Trunk;
  readonly domains: ServedDomains;
  readonly hash: Hash;
  readonly codec: Latin1Codec;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly gate: OwnershipGate;
  readonly flows: FlowMemory;
  readonly drains: DrainSlots;
  readonly policy: RouterPolicy;
  readonly stats: RouterStats;
  /** Undefined: nobody traces. */
  readonly tracer: Tracer | undefined;
  /** Told of every operational failure of the store, and of its return: the router pauses its partitions meanwhile. */
  onStoreFailure(error: unknown): void;
  onStoreAnswer(): void;
  /** Resolves after `ms`; never, when the timers end before. */
  pause(ms: number): Promise<void>;
  log(level: 'warn' | 'error', message: string, detail: Record<string, unknown>): void;
};
