import { describe, expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { RateLimitedLog } from './rate-limited-log.ts';

function setUp() {
  const lines: string[] = [];
  const logger = createLogger('info', {}, { write: (line) => void lines.push(line) });
  const time = { ms: 1_000_000 };
  const log = new RateLimitedLog(logger, { nowMs: () => time.ms }, 10_000);
  return { lines, time, log };
}

describe('RateLimitedLog', () => {
  test('MUST write the first line at once and then one per interval with the count left out', () => {
    const { lines, time, log } = setUp();
    for (let i = 0; i < 1000; i += 1) {
      log.warn('kafka', {}, 'away');
      time.ms += 11;
    }
    expect(lines.length).toBe(2);
    expect(lines[1]).toMatch(/"suppressed":9\d\d/);
  });

  test('subjects MUST NOT silence one another', () => {
    const { lines, log } = setUp();
    log.warn('kafka', {}, 'away');
    log.error('redis', {}, 'away');
    expect(lines.length).toBe(2);
  });

  test('recovery MUST be one line, and the next trouble is written at once', () => {
    const { lines, log } = setUp();
    log.recovered('kafka', 'back');
    expect(lines.length).toBe(0);
    log.warn('kafka', {}, 'away');
    log.warn('kafka', {}, 'away');
    log.recovered('kafka', 'back');
    log.warn('kafka', {}, 'away');
    expect(lines.length).toBe(3);
    expect(lines[1]).toContain('"suppressed":1');
  });

  test('a clock stepped back MUST NOT silence a subject for long', () => {
    const { lines, time, log } = setUp();
    log.warn('kafka', {}, 'away');
    time.ms -= 3_600_000;
    log.warn('kafka', {}, 'away');
    expect(lines.length).toBe(2);
  });

  test('subjects remembered MUST be bounded', () => {
    const { lines, log } = setUp();
    for (let i = 0; i < 1000; i += 1) log.warn(`subject ${i}`, {}, 'away');
    log.warn('subject 999', {}, 'away');
    expect(lines.length).toBe(1000);
    log.warn('subject 0', {}, 'away');
    expect(lines.length).toBe(1001);
  });
});
