import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { startRedis } from '@hermod/testkit';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';

const leftovers = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('hermod-redis-'));

async function ask<T>(url: string, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

describe('startRedis', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('MUST start a durable server, keep its data over a kill, and leave nothing behind', async () => {
    const before = new Set(leftovers());
    const server = await startRedis({ own: true });
    const { pid } = server;
    await ask(server.url, (client) => client.set('k', 'v'));
    expect(await ask(server.url, (client) => client.config('GET', 'appendfsync'))).toContain(
      'always',
    );
    await server.kill();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    await server.restart();
    expect(server.pid).not.toBe(pid);
    expect(await ask(server.url, (client) => client.get('k'))).toBe('v');
    server.pause();
    await server.stop();
    await server.stop();
    expect(leftovers().filter((name) => !before.has(name))).toEqual([]);
  });

  it('MUST use the server that HERMOD_TEST_REDIS names, and never stop it', async () => {
    vi.stubEnv('HERMOD_TEST_REDIS', 'redis://192.0.2.1:7777');
    const server = await startRedis();
    expect([server.url, server.port, server.pid]).toEqual([
      'redis://192.0.2.1:7777',
      7777,
      undefined,
    ]);
    await server.stop();
    await expect(server.kill()).rejects.toThrow('own: true');
  });

  it('MUST say why a server did not start', async () => {
    const options = { own: true, port: 1, settings: { 'no-such-setting': '1' } };
    await expect(startRedis(options)).rejects.toThrow(/no-such-setting|did not start/);
  });
});
