import { describe, expect, test } from 'vitest';
import { createLogger, type LogDestination, type LogLevel, TerminalLines } from './logger.ts';

function collecting(level: LogLevel = 'info') {
  const lines: string[] = [];
  const destination: LogDestination = { write: (line) => void lines.push(line) };
  return { lines, logger: createLogger(level, { service: 'edge' }, destination), destination };
}

describe('createLogger', () => {
  test('MUST write one JSON object per line with time, level and service', () => {
    const { lines, logger } = collecting();
    logger.child({ part: 'log' }).warn({ broker: 'a' }, 'away');
    expect(lines.length).toBe(1);
    expect(lines[0]?.endsWith('\n')).toBe(true);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      service: 'edge',
      part: 'log',
      broker: 'a',
      msg: 'away',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  test('MUST leave out what is below the level', () => {
    const { lines, logger } = collecting('warn');
    logger.info({}, 'no');
    logger.error({}, 'yes');
    expect(lines.length).toBe(1);
  });

  test('an error MUST come with its cause', () => {
    const { lines, logger } = collecting();
    logger.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    expect(lines[0]).toContain('inner');
  });
});

describe('TerminalLines', () => {
  test('MUST be short, with the fields behind the message and the stack below', () => {
    const text: string[] = [];
    const destination = new TerminalLines({ write: (line) => void text.push(line) });
    const logger = createLogger('info', { service: 'edge' }, destination);
    logger.info({ port: 5060, host: 'x' }, 'listening');
    expect(text[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}listening port=5060 host=x\n$/);
    logger.error({ err: new Error('broken') }, 'failed');
    expect(text[1]).toContain('ERROR failed\n  Error: broken');
  });

  test('MUST NOT let what others wrote begin a line, or speak to the terminal', () => {
    const written = 'x\r\n12:00:00.000 FATAL forged\u001b[2J\u009b2J\u202e';
    const text: string[] = [];
    const json = collecting();
    const terminal = new TerminalLines({ write: (line) => void text.push(line) });
    for (const destination of [terminal, json.destination]) {
      const logger = createLogger('info', { service: 'edge' }, destination);
      logger.info({ written, nested: { written } }, written);
      logger.error({ err: new Error(written) }, 'failed');
    }
    const spoken = ['\r', '\u001b', '\u009b', '\u202e', '\n12:'];
    for (const line of text) {
      expect(line).toContain('forged');
      expect(spoken.filter((each) => line.includes(each))).toEqual([]);
    }
    for (const line of json.lines) expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(json.lines.join('')).not.toContain('\u001b');
  });
});
