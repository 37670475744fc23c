import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Health } from './health.ts';
import { OperationServer } from './http-server.ts';
import { Metrics } from './metrics.ts';

const open: OperationServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function setUp() {
  const health = new Health();
  const metrics = new Metrics('edge');
  const pages = { service: 'edge', health, metrics };
  const server = await OperationServer.listen({ host: '127.0.0.1', port: 0 }, pages);
  open.push(server);
  return { health, metrics, server, url: `http://127.0.0.1:${server.address.port}` };
}

describe('OperationServer', () => {
  test('/healthz MUST answer 200 while the process runs, ready or not', async () => {
    const { url, health } = await setUp();
    health.addCheck('kafka', () => 'away');
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  test('/readyz MUST be 503 with the failing checks, then 200', async () => {
    const { url, health } = await setUp();
    let reason: string | undefined = 'no broker answers';
    health.addCheck('kafka', () => reason);
    health.addCheck('redis', () => undefined);
    const away = await fetch(`${url}/readyz`);
    expect(away.status).toBe(503);
    expect(await away.json()).toEqual({
      status: 'not ready',
      failing: { kafka: 'no broker answers' },
    });
    reason = undefined;
    const ready = await fetch(`${url}/readyz?probe=1`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ status: 'ready' });
  });

  test('/metrics MUST be in the Prometheus text format', async () => {
    const { url, metrics } = await setUp();
    metrics.exposeStats(
      { inflight: 3 },
      { inflight: { name: 'im_inflight', help: 'x', kind: 'gauge' } },
    );
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(await response.text()).toContain('im_inflight{service="edge"} 3');
  });

  test('/ MUST tell what there is; other paths are 404, other methods 405', async () => {
    const { url } = await setUp();
    expect(await (await fetch(`${url}/`)).text()).toContain('/readyz');
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
    const posted = await fetch(`${url}/metrics`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect(posted.status).toBe(405);
    expect(posted.headers.get('allow')).toBe('GET, HEAD');
  });

  test('/ MUST be the live page for a browser, and everything that it asks for be there', async () => {
    const { url } = await setUp();
    const page = await fetch(url, { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('vary')).toBe('Accept');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    const html = await page.text();
    const asked = new Set([...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link));
    const scripts = [...asked].filter((link = '') => link.endsWith('.js'));
    for (const link of scripts) {
      const script = await (await fetch(`${url}/${link}`)).text();
      for (const [, name] of script.matchAll(/from '\.\/([^']+)'/g)) asked.add(`live/${name}`);
    }
    expect(asked.size).toBeGreaterThan(8);
    for (const link of asked) {
      const response = await fetch(`${url}/${link}`);
      expect(response.status, link).toBe(200);
      if (link?.endsWith('.js')) {
        expect(response.headers.get('content-type')).toContain('text/javascript');
        expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      }
    }
    expect((await fetch(`${url}/live/live-page.ts`)).status).toBe(404);
    expect((await fetch(`${url}/live/..%2fhttp-server.ts`)).status).toBe(404);
  });

  test('files that were added MUST be served, and may connect to what they say besides', async () => {
    const { server, url } = await setUp();
    expect((await fetch(`${url}/chat`)).status).toBe(404);
    const file = { type: 'text/html', bytes: Buffer.from('hi'), connectTo: ['ws://[::1]:1'] };
    server.add(new Map([['/chat', file]]));
    const page = await fetch(`${url}/chat?x`);
    expect(await page.text()).toBe('hi');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("connect-src 'self' ws://[::1]:1;");
    expect(await (await fetch(url)).text()).toContain('/chat');
    const live = await fetch(url, { headers: { accept: 'text/html' } });
    expect(live.headers.get('content-security-policy')).toContain("connect-src 'self';");
  });

  test('a header block above 8 KiB MUST NOT be buffered', async () => {
    const { server } = await setUp();
    const socket = connect(server.address.port, '127.0.0.1');
    const closed = new Promise<void>((resolve) => {
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  test('an address in use MUST be reported with the address and the variable', async () => {
    const { server, health, metrics } = await setUp();
    const pages = { service: 'edge', health, metrics };
    const address = { host: '127.0.0.1', port: server.address.port };
    await expect(OperationServer.listen(address, pages)).rejects.toThrow(
      `cannot listen on http://127.0.0.1:${address.port}: something else listens there; change HERMOD_HTTP_LISTEN`,
    );
  });

  test('closing MUST end idle connections too', async () => {
    const { server } = await setUp();
    const socket = connect(server.address.port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await server.close();
    await closed;
  });
});
