import { describe, expect, test } from 'vitest';
import { loadConfig } from './config.ts';
import { formatConfig, formatConfigTable, formatHelp } from './config-help.ts';
import { VARIABLES } from './config-variables.ts';

describe('formatConfig', () => {
  test('MUST be JSON by variable, with secrets masked', () => {
    const loaded = loadConfig('registrar', {
      HERMOD_DOMAINS: 'example.com',
      HERMOD_TRUNK_LISTEN: '127.0.0.1:5072',
      HERMOD_KAFKA_BROKERS: '127.0.0.1:9092',
      HERMOD_KAFKA_SASL_MECHANISM: 'plain',
      HERMOD_KAFKA_SASL_USERNAME: 'hermod',
      HERMOD_KAFKA_SASL_PASSWORD: 'hunter2',
      HERMOD_REDIS_URL: 'redis://hermod:p@ss:word@10.0.0.1:6379/0',
    });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const text = formatConfig('registrar', loaded.config);
    expect(JSON.parse(text)).toMatchObject({
      HERMOD_DOMAINS: ['example.com'],
      HERMOD_TRUNK_LISTEN: { host: '127.0.0.1', port: 5072 },
      HERMOD_KAFKA_SASL_PASSWORD: '***',
      HERMOD_REDIS_URL: 'redis://hermod:***@10.0.0.1:6379/0',
    });
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('word');
  });

  test.each(['redis://us/er:hunter2@h:1', 'redis+sentinel://:hunter2@a:1,b:2/mymaster'])(
    'MUST mask the password wherever the URL has it: %s',
    (url) => {
      const loaded = loadConfig('registrar', {
        HERMOD_DOMAINS: 'example.com',
        HERMOD_TRUNK_LISTEN: '127.0.0.1:5072',
        HERMOD_KAFKA_BROKERS: '127.0.0.1:9092',
        HERMOD_REDIS_URL: url,
      });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      const text = formatConfig('registrar', loaded.config);
      expect(JSON.parse(text)).toMatchObject({
        HERMOD_REDIS_URL: url.replace('hunter2', '***'),
      });
    },
  );
});

describe('formatHelp', () => {
  test('MUST show each variable of the service with its default, and no other', () => {
    const text = formatHelp('standalone');
    expect(text).toContain('HERMOD_ACCEPT_AFTER_MS  (default: 3000)');
    expect(text).toContain('HERMOD_AUTH  (default: unset)');
    expect(text).not.toContain('HERMOD_KAFKA_BROKERS');
    expect(formatHelp('edge')).toContain('HERMOD_KAFKA_BROKERS  (required)');
  });
});

describe('formatConfigTable', () => {
  test('MUST have a row for each variable, read by at least one service', () => {
    const rows = formatConfigTable().trimEnd().split('\n').slice(2);
    expect(rows.length).toBe(Object.keys(VARIABLES).length);
    for (const row of rows) expect(row).toMatch(/\| (standalone|edge|router|registrar)/);
  });
});
