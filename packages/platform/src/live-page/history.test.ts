import { describe, expect, test } from 'vitest';
import { History, type Moment, SHOWN_MS, WINDOW_MS } from './history.js';
import { Sample } from './sample.js';

/** What a process says that started at `startedSec` and has counted `count`. */
const said = (atMs: number, count: number, startedSec = 1): Sample =>
  new Sample(`process_start_time_seconds ${startedSec}\nc ${count}\n`, atMs);

const read = ({ last, window }: Moment) => ({
  charts: new Map([['c', [{ label: 'c', value: last.rate('c') }]]]),
  figures: new Map([['window, ms', window.after.atMs - window.before.atMs]]),
});
const values = (history: History) =>
  history.rows.map(({ shown }) => shown.charts.get('c')?.[0]?.value);
const windows = (history: History) =>
  history.rows.map(({ shown }) => shown.figures.get('window, ms'));

describe('History', () => {
  test('rates MUST be of the last second, percentiles of the last five', () => {
    const history = new History(read, 0);
    for (let second = 1; second <= 9; second += 1)
      history.answered(said(second * 1_000, second ** 2), []);
    expect(values(history)).toEqual([undefined, 3, 5, 7, 9, 11, 13, 15, 17]);
    expect(Math.max(...windows(history).map((ms = 0) => ms))).toBe(WINDOW_MS);
    expect(history.state).toEqual({ kind: 'ready' });
    expect(history.events).toEqual([]);
  });

  test('MUST say since when the process is away: since its last answer', () => {
    const history = new History(read, 0);
    history.answered(said(1_000, 1), []);
    history.unanswered('nothing answers', 2_000);
    history.unanswered('nothing answers', 3_000);
    expect(history.state).toEqual({ kind: 'away', sinceMs: 1_000, why: 'nothing answers' });
    expect(history.moment).toBeUndefined();
    expect(history.events).toEqual([{ atMs: 2_000, text: 'away: nothing answers' }]);
    history.answered(said(4_000, 5), []);
    expect(history.state).toEqual({ kind: 'ready' });
    expect(values(history)).toEqual([undefined, undefined, undefined, 4 / 3]);
  });

  test('before the first answer it MUST be away since the page was opened', () => {
    const history = new History(read, 500);
    history.unanswered('nothing answers', 1_000);
    expect(history.state).toMatchObject({ kind: 'away', sinceMs: 500 });
  });

  test('a restart MUST be told, and no rate be made across it', () => {
    const history = new History(read, 0);
    history.answered(said(1_000, 70), []);
    history.answered(said(2_000, 80), []);
    history.answered(said(3_000, 90, 2), []);
    history.answered(said(4_000, 91, 2), []);
    expect(values(history)).toEqual([undefined, 10, undefined, 1]);
    expect(windows(history).at(-1)).toBe(1_000);
    expect(history.restarts).toEqual([3_000]);
    expect(history.events[0]?.text).toContain('started anew');
  });

  test('MUST say why it is not ready, and tell each change once', () => {
    const history = new History(read, 0);
    for (const [second, failing] of [
      [],
      ['gate: log'],
      ['gate: log'],
      ['gate: store'],
      [],
    ].entries()) {
      history.answered(said(second * 1_000, 0), failing);
      if (second === 2) expect(history.state).toEqual({ kind: 'not ready', why: 'gate: log' });
    }
    expect(history.events.map(({ text }) => text)).toEqual([
      'ready',
      'not ready: gate: store',
      'not ready: gate: log',
    ]);
  });

  test('MUST keep five minutes, and a few events', () => {
    const history = new History(read, 0);
    for (let second = 0; second < 1_000; second += 1) {
      const atMs = second * 1_000;
      if (second % 10 === 9) history.unanswered(`for the ${second}th`, atMs);
      else history.answered(said(atMs, 0, Math.floor(second / 100)), []);
    }
    expect(history.rows[0]?.atMs).toBe(999_000 - SHOWN_MS);
    expect(history.restarts).toEqual([700_000, 800_000, 900_000]);
    expect(history.events).toHaveLength(20);
  });
});
