import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatOutcome } from './outcome-json.ts';

test('MUST be one line of JSON that says the outcome, whatever the AoR', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (aor) => {
      const record = { deliveryId: 'd1', aor, outcome: 'stored', status: 202, atMs: 7 } as const;
      const line = formatOutcome(record);
      expect(line).not.toMatch(/[\r\n]/);
      expect(JSON.parse(line)).toEqual(record);
    }),
  );
});
