import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from './redis-url.ts';

const plain = { master: '', tls: false, username: undefined, password: undefined, db: 0 };

describe('parseRedisUrl', () => {
  it.each([
    ['redis://h', { ...plain, kind: 'single', nodes: [{ host: 'h', port: 6379 }] }],
    [
      'rediss://u%40:p%3A%40x@h:1/3',
      {
        ...plain,
        kind: 'single',
        nodes: [{ host: 'h', port: 1 }],
        tls: true,
        username: 'u@',
        password: 'p:@x',
        db: 3,
      },
    ],
    [
      'redis://:secret@[::1]:7',
      { ...plain, kind: 'single', nodes: [{ host: '::1', port: 7 }], password: 'secret' },
    ],
    [
      'redis+sentinel://a:1,b/mymaster',
      {
        ...plain,
        kind: 'sentinel',
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 26379 },
        ],
        master: 'mymaster',
      },
    ],
    [
      'redis+cluster://a:1,b:2',
      {
        ...plain,
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    ],
  ])('MUST read %s', (url, expected) => {
    expect(parseRedisUrl(url)).toEqual(expected);
  });

  it.each([
    'http://h',
    'h:6379',
    '',
    'redis://',
    'redis://h:0',
    'redis://h:65536',
    'redis://h:x',
    'redis://a,b',
    'redis://h/x',
    'redis://%zz@h',
    'redis://h /1',
    'redis+sentinel://h:1',
    'redis+cluster://h:1/0',
    'redis+cluster://h:1,',
  ])('MUST say what is wrong with "%s"', (url) => {
    expect(typeof parseRedisUrl(url)).toBe('string');
  });

  it.each(['redis://u:hush@h:x', 'redis://:hush', 'redis://u:hush', 'redis://u:hush@a,b'])(
    'MUST NOT repeat the password of %s',
    (url) => {
      expect(parseRedisUrl(url)).toEqual(expect.not.stringContaining('hush'));
    },
  );
});
