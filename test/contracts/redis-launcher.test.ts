import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '@hermod/testkit';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';

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
    // Its own: others may start servers of theirs meanwhile.
    const temporary = mkdtempSync(join(tmpdir(), 'hermod-launcher-'));
    vi.stubEnv('TMPDIR', temporary);
    const server = await startRedis({ own: true });
    const { pid } = server;
    expect(readdirSync(temporary)).toHaveLength(1);
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
    expect(readdirSync(temporary)).toEqual([]);
    rmSync(temporary, { recursive: true });
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
    await expect(startRedis(options)).rejects.toThrow(/no-such-setting/);
  });
});
