import { describe, expect, test } from 'vitest';
import { Lane, type LaneEntry, STREAM_WINDOW } from './lane.ts';

/** A lane, and what it has sent, by name. `own` names are messages of Hermod's own. */
function laneWith(...names: readonly string[]) {
  const lane = new Lane(STREAM_WINDOW, () => true);
  const sent: string[] = [];
  const entries = new Map<string, LaneEntry>();
  for (const name of names) {
    const entry: LaneEntry = {
      ownId: name.startsWith('own') ? name.slice(0, 4) : '',
      sendOnLane: () => sent.push(name),
      abandon: () => sent.push(`not ${name}`),
    };
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
