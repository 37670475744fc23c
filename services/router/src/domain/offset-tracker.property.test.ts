import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OffsetTracker } from './offset-tracker.ts';

it('MUST start nothing while the metadata is too long, and a successor MUST know what is finished (design §4 rule 2)', () => {
  const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 });
  // How many of the open records a finish may choose from: all of them leave the most runs.
  const reach = fc.constantFrom(1, 50, 4000);
  fc.assert(
    fc.property(seed, reach, fc.constantFrom(0, 7, 2 ** 40), (first, among, start) => {
      let random = first;
      const next = (below: number): number => {
        random = (random * 48_271) % 2_147_483_647;
        return random % below;
      };
      const tracker = new OffsetTracker(start, '');
      const open: number[] = [];
      let end = start;
      for (let i = 0; i < 9000; i += 1) {
        if (next(3) < 2 && tracker.hasRoom) {
          // Now and then the log has holes.
          end += next(20) === 0 ? 100 : 0;
          expect(tracker.show(end)).toBe('new');
          open.push(end);
          end += 1;
        } else {
          const at = Math.max(0, open.length - 1 - next(among));
          for (const offset of open.splice(at, 1)) tracker.finish(offset);
        }
        if (i % 1000 !== 999) continue;
        const position = tracker.position();
        // Finishing what is open already can still make it too long: then nothing is committed, and nothing started.
        if (position === undefined) {
          expect(tracker.hasRoom).toBe(false);
          continue;
        }
        const successor = new OffsetTracker(position.next, position.metadata);
        const unfinished = new Set(open);
        for (let offset = start; offset < end; offset += 1) {
          const isFinished = offset < position.next || successor.isFinished(offset);
          if (isFinished === unfinished.has(offset)) throw new Error(`wrong about ${offset}`);
        }
      }
      for (const offset of open) tracker.finish(offset);
      expect(tracker.position()).toEqual({ next: Math.max(end, start), metadata: '' });
    }),
    { numRuns: 8 },
  );
});

it.each(['zzzzzz.1', 'modified', '1', '-1.2', 'a b', '1..2'])(
  'MUST take the metadata %j for none',
  (text) => {
    const tracker = new OffsetTracker(5, text);
    expect(tracker.position()).toEqual({ next: 5, metadata: '' });
    expect(tracker.show(5)).toBe('new');
  },
);
