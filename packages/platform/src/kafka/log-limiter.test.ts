import { describe, expect, it } from 'vitest';
import type { KafkaLogLine } from './kafka-config.ts';
import { LogLimiter } from './log-limiter.ts';

describe('LogLimiter', () => {
  it('MUST pass a line on once per 10 s and say how many it left out', () => {
    const lines: KafkaLogLine[] = [];
    let nowMs = 0;
    const limiter = new LogLimiter(
      (line) => lines.push(line),
      () => nowMs,
    );
    for (; nowMs < 10_000; nowMs += 100) limiter.log('error', 'Connection', 'refused');
    limiter.log('warn', 'Connection', 'other');
    limiter.log('error', 'Connection', 'refused');
    expect(lines.map((line) => [line.message, line.suppressed])).toEqual([
      ['refused', 0],
      ['other', 0],
      ['refused', 99],
    ]);
  });

  it('MUST bound what it remembers', () => {
    let passed = 0;
    const limiter = new LogLimiter(
      () => {
        passed += 1;
      },
      () => 0,
    );
    for (let n = 0; n < 1000; n += 1) limiter.log('warn', 's', `message ${n}`);
    limiter.log('warn', 's', 'message 0');
    expect(passed).toBe(1001);
  });
});
