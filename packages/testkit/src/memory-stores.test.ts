import { describe, it } from 'vitest';
import { STORE_CLAUSES, type StoresUnderTest } from './contracts/stores.ts';
import { MemoryStores } from './memory-stores.ts';

describe('MemoryStores', () => {
  const stores = new MemoryStores();
  const subject: StoresUnderTest = {
    recipients: stores,
    bindings: stores,
    subscribers: stores,
    credentials: stores,
    due: stores,
    damageMail: async (aor, { record }, bytes) => stores.damageMail(aor, record.deliveryId, bytes),
    holdDurability: async () => {
      const hold = Promise.withResolvers<void>();
      stores.hold = hold.promise;
      return async () => {
        stores.hold = undefined;
        hold.resolve();
      };
    },
  };
  for (const clause of STORE_CLAUSES) it(clause.name, () => clause.check(subject));
});
