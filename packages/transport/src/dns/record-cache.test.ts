import { describe, expect, it } from 'vitest';
import { type DnsAnswer, RecordCache } from './record-cache.ts';

function cacheOf(answer: () => Promise<DnsAnswer<string>>, bounds = {}) {
  const asked: string[] = [];
  const clock = { nowMs: 0 };
  const cache = new RecordCache<string>({
    ask: (name) => {
      asked.push(name);
      return answer();
    },
    nowMs: () => clock.nowMs,
    maxNames: 3,
    maxQueries: 2,
    ...bounds,
  });
  return { asked, clock, cache };
}

describe('RecordCache', () => {
  it('MUST ask once for all who ask at the same time, and not again before the TTL is over (RFC 1035 §3.2.1)', async () => {
    const { asked, clock, cache } = cacheOf(async () => ({ records: ['x'], ttlMs: 1000 }));
    const both = [cache.get('Example.COM'), cache.get('example.com')];
    expect(await Promise.all(both)).toEqual([['x'], ['x']]);
    clock.nowMs = 999;
    expect(await cache.get('example.com')).toEqual(['x']);
    expect(asked).toEqual(['example.com']);
    clock.nowMs = 1000;
    await cache.get('example.com');
    expect(asked).toHaveLength(2);
  });

  it('MUST remember for a while that there is no answer', async () => {
    const { asked, clock, cache } = cacheOf(async () => ({ records: undefined, ttlMs: 10 }));
    expect(await cache.get('a')).toBeUndefined();
    expect(await cache.get('a')).toBeUndefined();
    expect(asked).toHaveLength(1);
    clock.nowMs = 10;
    await cache.get('a');
    expect(asked).toHaveLength(2);
  });

  it('MUST forget what it learnt first when it is full', async () => {
    const { asked, cache } = cacheOf(async () => ({ records: ['x'], ttlMs: 1000 }));
    for (const name of ['a', 'b', 'c', 'd']) await cache.get(name);
    expect(cache.size).toBe(3);
    await cache.get('d');
    expect(asked).toHaveLength(4);
    await cache.get('a');
    expect(asked).toHaveLength(5);
  });

  it('MUST NOT have more queries under way than its cap', async () => {
    let release = (): void => undefined;
    const held = new Promise<DnsAnswer<string>>((resolve) => {
      release = () => resolve({ records: ['x'], ttlMs: 1000 });
    });
    const { asked, cache } = cacheOf(() => held);
    const first = [cache.get('a'), cache.get('b')];
    expect(await cache.get('c')).toBeUndefined();
    expect(asked).toEqual(['a', 'b']);
    release();
    await Promise.all(first);
    expect(await cache.get('c')).toEqual(['x']);
  });
});
