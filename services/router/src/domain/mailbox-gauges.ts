import type { DueStore, RecipientStore } from '@hermod/contracts';
import type { Clock } from '@hermod/sip';

/** Recipients of a partition that are looked at: those that are due first. */
const SAMPLE = 16;

type Picture = {
  readonly mailboxes: number;
  readonly entries: number;
  /** Arrival of the oldest message in the sample, epoch ms; Infinity: there is none. */
  readonly oldestReceivedAtMs: number;
  /** When the first recipient is due, epoch ms; Infinity: nobody is. */
  readonly firstDueAtMs: number;
};

/** What the mailboxes of the owned partitions hold, without a scan. How many recipients have one is known: they are in the due set (design §4
 *  rule 4). How full they are, and how old, is told by a sample. */
export class MailboxGauges {
  readonly #store: RecipientStore;
  readonly #due: DueStore;
  readonly #clock: Clock;
  readonly #pictures = new Map<number, Picture>();

  constructor(store: RecipientStore, due: DueStore, clock: Clock) {
    this.#store = store;
    this.#due = due;
    this.#clock = clock;
  }

  /** Looks at one partition. Rejects as the stores do. */
  async look(partition: number): Promise<void> {
    const [mailboxes, first] = await Promise.all([
      this.#due.size(partition),
      this.#due.due(partition, Number.POSITIVE_INFINITY, SAMPLE),
    ]);
    const sample = await Promise.all(first.map(({ aor }) => this.#lookInto(aor)));
    let sampled = 0;
    let oldestReceivedAtMs = Number.POSITIVE_INFINITY;
    for (const { count, firstReceivedAtMs } of sample) {
      sampled += count;
      oldestReceivedAtMs = Math.min(oldestReceivedAtMs, firstReceivedAtMs);
    }
    this.#pictures.set(partition, {
      mailboxes,
      // The whole, if the sample is: one may have come or gone between the two calls.
      entries: first.length < SAMPLE ? sampled : Math.round((sampled / first.length) * mailboxes),
      oldestReceivedAtMs,
      firstDueAtMs: first[0]?.atMs ?? Number.POSITIVE_INFINITY,
    });
  }

  /** The partition is another router's. */
  forget(partition: number): void {
    this.#pictures.delete(partition);
  }

  /** Recipients that have mail, or are to be looked at. */
  get mailboxes(): number {
    let sum = 0;
    for (const picture of this.#pictures.values()) sum += picture.mailboxes;
    return sum;
  }

  /** Stored messages: an estimate, and exact while there are few recipients. */
  get entries(): number {
    let sum = 0;
    for (const picture of this.#pictures.values()) sum += picture.entries;
    return sum;
  }

  /** Age of the oldest message in the samples, milliseconds; 0: there is none. */
  get oldestAgeMs(): number {
    return this.#since((picture) => picture.oldestReceivedAtMs);
  }

  /** How long the recipient that is due first has been so, milliseconds; 0: nobody is. */
  get overdueMs(): number {
    return this.#since((picture) => picture.firstDueAtMs);
  }

  #since(timeOf: (picture: Picture) => number): number {
    let firstMs = Number.POSITIVE_INFINITY;
    for (const picture of this.#pictures.values()) firstMs = Math.min(firstMs, timeOf(picture));
    return Math.max(0, this.#clock.nowMs() - firstMs);
  }

  async #lookInto(aor: string): Promise<{ count: number; firstReceivedAtMs: number }> {
    const [{ mailboxCount }, [first]] = await Promise.all([
      this.#store.read(aor, '', this.#clock.nowMs()),
      this.#store.readMail(aor, -1, 1),
    ]);
    // What cannot be read has no time.
    const firstReceivedAtMs = first?.record.receivedAtMs || Number.POSITIVE_INFINITY;
    return { count: mailboxCount, firstReceivedAtMs };
  }
}
