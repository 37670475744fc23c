import { describe, expect, it, vi } from 'vitest';
import { NameResolver } from './name-resolver.ts';

describe('NameResolver', () => {
  it('MUST look a name up once for all who ask at the same time, and remember it', async () => {
    const asked: string[] = [];
    const names = new NameResolver(async (host) => {
      asked.push(host);
      return '192.0.2.1';
    });
    const both = [names.resolve('Pc33.Example.com'), names.resolve('pc33.example.com')];
    expect(await Promise.all(both)).toEqual(['192.0.2.1', '192.0.2.1']);
    expect(await names.resolve('pc33.example.com')).toBe('192.0.2.1');
    expect(asked).toEqual(['pc33.example.com']);
  });

  it('MUST NOT look up literals, nor names under .invalid (RFC 7118 §5)', async () => {
    const asked: string[] = [];
    const names = new NameResolver(async (host) => {
      asked.push(host);
      return undefined;
    });
    expect(await names.resolve('[2001:DB8::1]')).toBe('2001:db8::1');
    expect(await names.resolve('df7jal23ls0d.invalid')).toBeUndefined();
    expect(asked).toEqual([]);
    expect(await names.resolve('nowhere.example.com')).toBeUndefined();
    expect(asked).toEqual(['nowhere.example.com']);
  });

  it('MUST NOT run more than two look-ups at a time, and serve those who wait', async () => {
    const waiting: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const names = new NameResolver(async () => {
      running++;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => waiting.push(resolve));
      running--;
      return undefined;
    });
    const asked = Promise.all(
      Array.from({ length: 10 }, (_, i) => names.resolve(`h${i}.example.com`)),
    );
    for (let served = 0; served < 10; served++) {
      await vi.waitFor(() => expect(waiting).not.toHaveLength(0));
      waiting.shift()?.();
    }
    await asked;
    expect(most).toBe(2);
  });
});
