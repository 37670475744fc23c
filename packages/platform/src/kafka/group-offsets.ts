import { type OwnedPartition, PlatformError } from '@hermod/contracts';
import type { Broker, Cluster, TopicOffsets } from 'kafkajs';
import { kafkaErrorType, unavailable, within } from './kafka-error.ts';

/** Longest commit metadata: the broker takes 4,096 bytes and fails the whole commit above. */
export const MAX_METADATA_CHARS = 4096;

/** Errors by which the coordinator says: not yours, or not any more. */
const NOT_OWNER = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS']);

/** Who commits: the broker refuses a commit whose generation is over. */
export type Membership = { readonly memberId: string; readonly generation: number };

/** A position to commit. */
export type Commit = {
  readonly partition: number;
  readonly next: number;
  readonly metadata: string;
};

/** Where a partition is to be read from. `committed` is false when the group had no position there yet. */
export type StartPosition = OwnedPartition & { readonly committed: boolean };

/** `end`: the offset that the next record of the partition gets. */
export type PartitionEnd = { readonly partition: number; readonly end: number };

/** Reads and writes a group's positions at its coordinator, with metadata and without kafkajs' retries: its retry of a
 *  commit takes the generation of a later assignment, and the broker would accept it for a partition lost meanwhile. */
export class GroupOffsets {
  readonly #groupId: string;
  readonly #topic: string;
  readonly #timeoutMs: number;
  #cluster: Cluster | undefined;
  #coordinator: Broker | undefined;

  constructor(groupId: string, topic: string, timeoutMs: number) {
    this.#groupId = groupId;
    this.#topic = topic;
    this.#timeoutMs = timeoutMs;
  }

  /** The connections of the consumer that uses this; each new consumer brings its own. */
  use(cluster: Cluster): void {
    this.#cluster = cluster;
    this.#coordinator = undefined;
  }

  /** Committed positions with their metadata; for partitions without one, the start of the log.
   *  @throws PlatformError `LOG_UNAVAILABLE`, `LOG_TIMEOUT` */
  async read(partitions: readonly number[]): Promise<StartPosition[]> {
    if (partitions.length === 0) return [];
    return this.#ask('positions', async (cluster, coordinator) => {
      const { responses } = await coordinator.offsetFetch({
        groupId: this.#groupId,
        topics: [this.#offsetsOf(partitions)],
      });
      const positions: StartPosition[] = [];
      const missing: number[] = [];
      for (const entry of responses.flatMap((response) => response.partitions)) {
        const next = Number(entry.offset);
        if (next < 0) {
          missing.push(entry.partition);
          continue;
        }
        // kafkajs decodes the metadata, its types leave it out.
        const metadata = 'metadata' in entry ? entry.metadata : '';
        positions.push({
          partition: entry.partition,
          next,
          metadata: typeof metadata === 'string' ? metadata : '',
          committed: true,
        });
      }
      if (missing.length > 0) {
        const starts = await cluster.fetchTopicsOffset([
          {
            topic: this.#topic,
            partitions: missing.map((partition) => ({ partition })),
            fromBeginning: true,
          },
        ]);
        for (const { partition, offset } of starts.flatMap((start) => start.partitions)) {
          positions.push({ partition, next: Number(offset), metadata: '', committed: false });
        }
      }
      return positions.sort((a, b) => a.partition - b.partition);
    });
  }

  /** One past the last record of each partition.  @throws PlatformError `LOG_UNAVAILABLE`, `LOG_TIMEOUT` */
  async ends(partitions: readonly number[]): Promise<readonly PartitionEnd[]> {
    if (partitions.length === 0) return [];
    return this.#ask('ends', async (cluster) => {
      const topic = {
        topic: this.#topic,
        partitions: partitions.map((partition) => ({ partition })),
      };
      const ends = await cluster.fetchTopicsOffset([{ ...topic, fromBeginning: false }]);
      return ends.flatMap((end) =>
        end.partitions.map(({ partition, offset }) => ({ partition, end: Number(offset) })),
      );
    });
  }

  /** Commits once, as `member`. @throws PlatformError `NOT_OWNER` when the generation is over, `LOG_UNAVAILABLE`, `LOG_TIMEOUT` */
  async write(member: Membership, commits: readonly Commit[]): Promise<void> {
    await this.#ask('commit', async (_, coordinator) => {
      const partitions = commits.map(({ partition, next, metadata }) => ({
        partition,
        offset: String(next),
        metadata,
      }));
      await coordinator.offsetCommit({
        groupId: this.#groupId,
        memberId: member.memberId,
        groupGenerationId: member.generation,
        topics: [{ topic: this.#topic, partitions }],
      });
    });
  }

  async #ask<T>(
    action: string,
    run: (cluster: Cluster, coordinator: Broker) => Promise<T>,
  ): Promise<T> {
    const cluster = this.#cluster;
    if (cluster === undefined) throw new PlatformError('LOG_UNAVAILABLE', 'Kafka: not connected');
    const find = async (): Promise<Broker> => {
      this.#coordinator ??= await cluster.findGroupCoordinator({ groupId: this.#groupId });
      return this.#coordinator;
    };
    try {
      const answer = find().then((coordinator) => run(cluster, coordinator));
      return await within(answer, this.#timeoutMs, action);
    } catch (error) {
      this.#coordinator = undefined;
      if (NOT_OWNER.has(kafkaErrorType(error))) {
        throw new PlatformError('NOT_OWNER', `Kafka: ${action}: ${kafkaErrorType(error)}`, error);
      }
      throw unavailable(action, error);
    }
  }

  #offsetsOf(partitions: readonly number[]): TopicOffsets {
    return {
      topic: this.#topic,
      partitions: partitions.map((partition) => ({ partition, offset: '-1' })),
    };
  }
}
