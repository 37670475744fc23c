import { ServedDomains } from '@hermod/contracts';
import type { Origins } from '@hermod/platform';
import { describe, expect, test } from 'vitest';
import { pageOrigins } from './page-origins.ts';

const DOMAINS = new ServedDomains(['example.com', 'example.net'], true);

function mayOpen(
  origin: string,
  listen: readonly string[],
  wsOrigins?: Origins,
  advertise?: readonly string[],
): boolean {
  const rule = pageOrigins(
    {
      wsOrigins,
      sipListen: listen.map((host) => ({ host })),
      sipAdvertise: advertise?.map((host) => ({ host })),
    },
    DOMAINS,
  );
  return rule(origin);
}

describe('pages that may open WebSockets (RFC 6455 §10.2)', () => {
  test.each([
    ['https://example.com', ['0.0.0.0'], undefined],
    ['http://EXAMPLE.net:8080', ['0.0.0.0'], undefined],
    ['http://192.0.2.1:8080', ['192.0.2.1'], undefined],
    ['http://[2001:db8::1]:8080', ['2001:db8::1'], undefined],
    ['https://edge.example.org', ['0.0.0.0'], ['edge.example.org']],
    ['http://localhost:8080', ['127.0.0.1'], undefined],
    ['http://[::1]:8080', ['localhost'], undefined],
  ])('MUST be those of names and addresses of ours: %s', (origin, listen, advertise) => {
    expect(mayOpen(origin, listen, undefined, advertise)).toBe(true);
  });

  test.each([
    ['https://example.com.evil.example', ['0.0.0.0']],
    ['https://evil.example', ['127.0.0.1']],
    ['http://localhost:8080', ['192.0.2.1']],
    ['null', ['127.0.0.1']],
    ['', ['127.0.0.1']],
    ['file://', ['127.0.0.1']],
  ])('MUST NOT be others: %j', (origin, listen) => {
    expect(mayOpen(origin, listen)).toBe(false);
  });

  test('MUST be those that are listed and no others, or any', () => {
    const listed = ['https://chat.example.org'];
    expect(mayOpen('https://chat.example.org', ['127.0.0.1'], listed)).toBe(true);
    expect(mayOpen('https://example.com', ['127.0.0.1'], listed)).toBe(false);
    expect(mayOpen('null', ['127.0.0.1'], 'any')).toBe(true);
  });
});
