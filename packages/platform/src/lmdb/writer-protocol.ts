import type { AppendMailOptions, PlatformErrorCode } from '@hermod/contracts';

/** One call of a port that writes, as it travels to the writer thread. Bytes lie in the batch's buffer: `[at, at+length)`. */
export type WriteOp =
  | {
      readonly op: 'appendMail';
      readonly aor: string;
      readonly deliveryId: string;
      readonly order: number;
      readonly seenVersion: number | undefined;
      readonly maxEntries: number;
      readonly perSender: AppendMailOptions['perSender'];
      readonly at: number;
      readonly length: number;
    }
  | {
      readonly op: 'removeMail';
      readonly aor: string;
      readonly finished: readonly { readonly deliveryId: string; readonly status: number }[];
    }
  | {
      readonly op: 'recordStatus';
      readonly aor: string;
      readonly deliveryId: string;
      readonly status: number;
    }
  | {
      readonly op: 'removeBinding' | 'refuseMessage';
      readonly aor: string;
      readonly bindingKey: string;
      readonly flowToken: string;
    }
  | {
      readonly op: 'compareAndSet';
      readonly aor: string;
      readonly expectedVersion: number;
      /** Encoded bindings, one per line. */
      readonly bindings: string;
    }
  | { readonly op: 'addSubscriber' | 'removeSubscriber'; readonly aor: string }
  | { readonly op: 'writeCredential'; readonly aor: string; readonly encoded: string }
  | { readonly op: 'removeCredential'; readonly aor: string }
  | {
      readonly op: 'schedule';
      readonly partition: number;
      readonly aor: string;
      readonly atMs: number;
      readonly mode: 'earliest' | 'replace';
    }
  | { readonly op: 'clear'; readonly partition: number; readonly aor: string }
  | { readonly op: 'writeMark'; readonly partition: number; readonly mark: string }
  | { readonly op: 'sweep' }
  | { readonly op: 'probe' };

/** The writes of one turn of the event loop. */
export type WriteBatch = {
  readonly id: number;
  readonly nowMs: number;
  readonly ops: readonly WriteOp[];
  readonly bytes: Uint8Array;
};

/** What an op came to: a number whose meaning depends on the op, and a second one for compareAndSet (the mailbox count). */
export type WriteResult = { readonly value: number; readonly extra: number };

/** Values of {@link WriteResult} for appendMail: otherwise it is the count. And `CONFLICT` for compareAndSet. */
export const MOVED = -1;
export const FULL = -2;
export const ENDED = -3;
export const CONFLICT = -1;

/** Why a write came to nothing. */
export type WriteFailure = { readonly code: PlatformErrorCode; readonly message: string };

/** One outcome per op, in order; sent when they are durable, or have failed. */
export type BatchReply = {
  readonly id: number;
  readonly outcomes: readonly (WriteResult | WriteFailure)[];
};
