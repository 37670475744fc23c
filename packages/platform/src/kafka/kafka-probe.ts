import type { Admin } from 'kafkajs';
import type { KafkaHandle } from './kafka.ts';
import { dropError, unavailable, within } from './kafka-error.ts';

const PROBE_MS = 500;

/** Asks a broker for the cluster's metadata on a connection of its own: a broker that is stopped (SIGSTOP) keeps its
 *  connections and simply does not answer, which no error would tell. */
export class KafkaProbe {
  readonly #kafka: KafkaHandle;
  #admin: Admin | undefined;
  #running: Promise<void> | undefined;

  constructor(kafka: KafkaHandle) {
    this.#kafka = kafka;
  }

  /** Resolves when a broker answered within 500 ms. @throws PlatformError `LOG_UNAVAILABLE`, `LOG_TIMEOUT` */
  probe(): Promise<void> {
    this.#running ??= this.#ask().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.disconnect().catch(dropError);
  }

  async #ask(): Promise<void> {
    const admin = this.#admin ?? this.#newAdmin();
    this.#admin = admin;
    try {
      await within(
        admin.connect().then(() => admin.describeCluster()),
        PROBE_MS,
        'probe',
      );
    } catch (error) {
      // A fresh client next time: this one may hang on a connection that is dead.
      if (this.#admin === admin) this.#admin = undefined;
      admin.disconnect().catch(dropError);
      throw unavailable('probe', error);
    }
  }

  #newAdmin(): Admin {
    const limits = { connectMs: PROBE_MS, requestMs: PROBE_MS, retry: { retries: 0 } };
    return this.#kafka.client('probe', limits).admin();
  }
}
