import { VirtualClock } from '@hermod/testkit';
import { describe, expect, test } from 'vitest';
import { DATAGRAM_WINDOW, Lane, type LaneEntry, STREAM_WINDOW } from './lane.ts';

function newLane(window: number) {
  const clock = new VirtualClock(0);
  let mayAct = true;
  const lane = new Lane(window, { clock, timers: clock.timers, mayAct: () => mayAct });
  const freeze = (isFrozen: boolean): void => {
    mayAct = !isFrozen;
  };
  const sent: string[] = [];
  return { lane, clock, freeze, sent };
}

function entryOf(name: string, sent: string[], beginByMs = Number.POSITIVE_INFINITY): LaneEntry {
  return {
    ownId: name.startsWith('own') ? name.slice(0, 4) : '',
    beginByMs,
    sendOnLane: () => sent.push(name),
    abandon: () => sent.push(`not ${name}`),
  };
}

/** A lane, and what it has sent, by name. `own` names are messages of Hermod's own. */
function laneWith(...names: readonly string[]) {
  const { lane, sent } = newLane(STREAM_WINDOW);
  const entries = new Map<string, LaneEntry>();
  for (const name of names) {
    const entry = entryOf(name, sent);
    entries.set(name, entry);
    lane.submit(entry);
  }
  const of = (name: string): LaneEntry => {
    const entry = entries.get(name);
    if (entry === undefined) throw new Error(name);
    return entry;
  };
  return { lane, sent, of };
}

describe("Hermod's own messages (RFC 3428 §8)", () => {
  test('MUST NOT be sent while another one is pending, and MUST keep the order of what is behind', () => {
    const { lane, sent, of } = laneWith('a', 'own1', 'b', 'own2', 'c');
    expect(sent).toEqual(['a', 'own1', 'b']);
    lane.release(of('b'));
    lane.release(of('a'));
    expect(sent).toEqual(['a', 'own1', 'b']);
    lane.release(of('own1'));
    expect(sent).toEqual(['a', 'own1', 'b', 'own2', 'c']);
  });

  test('MUST NOT be sent before the pending one has its final response or Timer F, past its deadline too', () => {
    const { lane, sent, of } = laneWith('own1', 'own2');
    lane.releaseLate();
    expect(sent).toEqual(['own1']);
    lane.endLate(of('own1'));
    expect(sent).toEqual(['own1', 'own2']);
    lane.release(of('own2'));
    expect(lane.idle).toBe(true);
  });

  test('a repeat of the pending one MAY go: its edge joins it to the same transaction', () => {
    const { lane, sent, of } = laneWith('own1', 'own1 again', 'own2');
    expect(sent).toEqual(['own1', 'own1 again']);
    lane.release(of('own1'));
    expect(sent).toHaveLength(2);
    lane.releaseLost(of('own1 again'));
    expect(sent).toEqual(['own1', 'own1 again', 'own2']);
  });

  test('MUST NOT wait behind a closed window', () => {
    const { lane, sent } = laneWith('own1', 'own2', 'b');
    lane.abandonWaiting();
    expect(sent).toEqual(['own1', 'not own2', 'not b']);
  });

  test('do not narrow the window of what is forwarded', () => {
    const names = Array.from({ length: STREAM_WINDOW + 1 }, (_, i) => `m${i}`);
    expect(laneWith(...names).sent).toEqual(names.slice(0, STREAM_WINDOW));
  });
});

describe('what waits', () => {
  test('MUST be given up when its time is over, with all that stands behind it', () => {
    const { lane, clock, sent } = newLane(DATAGRAM_WINDOW);
    const first = entryOf('a', sent);
    lane.submit(first);
    lane.submit(entryOf('patient', sent));
    lane.submit(entryOf('b', sent, 400));
    lane.submit(entryOf('c', sent, 900));
    clock.advance(390);
    expect(sent).toEqual(['a']);
    clock.advance(20);
    expect(sent).toEqual(['a', 'not b', 'not c']);
    lane.release(first);
    expect(sent).toEqual(['a', 'not b', 'not c', 'patient']);
  });

  test('MUST be given up in time whatever waited before it came, or has been sent since', () => {
    const { lane, clock, sent } = newLane(DATAGRAM_WINDOW);
    const first = entryOf('a', sent);
    lane.submit(first);
    lane.submit(entryOf('b', sent, 300));
    lane.release(first);
    lane.submit(entryOf('c', sent, 900));
    clock.advance(400);
    lane.submit(entryOf('d', sent, 600));
    clock.advance(210);
    expect(sent).toEqual(['a', 'b', 'not d']);
    clock.advance(300);
    expect(sent).toEqual(['a', 'b', 'not d', 'not c']);
  });

  test('MUST NOT be given up while nothing may be sent; then its turn comes first', () => {
    const { lane, clock, freeze, sent } = newLane(DATAGRAM_WINDOW);
    freeze(true);
    lane.submit(entryOf('a', sent, 300));
    lane.submit(entryOf('b', sent, 300));
    clock.advance(1000);
    expect(sent).toEqual([]);
    freeze(false);
    lane.pump();
    expect(sent).toEqual(['a', 'not b']);
    expect(clock.pendingTimers).toBe(0);
  });
});
