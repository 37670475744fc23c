import type { ConsumedRecord } from '@hermod/contracts';
import { expect, it } from 'vitest';
import { type Delivery, UncommittedDeliveries } from './uncommitted-deliveries.ts';

function deliveryAt(offset: number): Delivery {
  const record: ConsumedRecord = {
    ...{
      partition: 0,
      offset,
      type: 'message',
      aor: 'sip:bob@example.com',
      deliveryId: `${offset}`,
    },
    ...{ receivedAtMs: 0, expiresAtMs: 0, flags: 0, head: '', body: new Uint8Array(0) },
  };
  return { record, status: 200, atMs: offset };
}

const offsetsOf = (deliveries: readonly Delivery[]): number[] =>
  deliveries.map(({ record }) => record.offset);

it('MUST hand over again at once what could not be written into the ledger (design §4 rule 2)', () => {
  const deliveries = new UncommittedDeliveries();
  deliveries.add(deliveryAt(1));
  deliveries.add(deliveryAt(5));
  const [first] = deliveries.take(1);
  if (first === undefined) throw new Error('nothing was handed over');
  deliveries.putBack(first);
  expect(offsetsOf(deliveries.take(2))).toEqual([1]);
  expect(offsetsOf(deliveries.take(9))).toEqual([5]);
});

it('MUST keep what a failed commit had covered, and forget what a commit covers', () => {
  const deliveries = new UncommittedDeliveries();
  for (const offset of [1, 2, 3]) deliveries.add(deliveryAt(offset));
  deliveries.beginCommit((offset) => offset < 3);
  // It failed: the next one begins.
  deliveries.beginCommit((offset) => offset < 2);
  deliveries.committed();
  expect(offsetsOf(deliveries.take(9))).toEqual([2, 3]);
});
