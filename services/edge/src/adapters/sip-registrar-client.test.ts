import { buildResponse, type SipRequest, type SipResponse } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { type Flow, TcpListener } from '@hermod/transport';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { messageText, sip } from '../../test/edge-world.ts';
import { SipRegistrarClient } from './sip-registrar-client.ts';

type Registrar = {
  listener: TcpListener;
  requests: SipRequest[];
  isSilent: boolean;
  headers: readonly string[];
};

let registrars: Registrar[];
let client: SipRegistrarClient;
let clock: VirtualClock;

async function startRegistrar(): Promise<Registrar> {
  const requests: SipRequest[] = [];
  const handlers = {
    onMessage: (flow: Flow, message: SipRequest | SipResponse) => {
      if (message.kind !== 'request') return;
      requests.push(message);
      const { isSilent, headers } = registrar;
      if (!isSilent) flow.send(buildResponse(message, 200, { toTag: 'r', headers }));
    },
    onFramingError: () => undefined,
    onClosed: () => undefined,
  };
  const listener = await TcpListener.listen({ port: 0, handlers });
  const registrar: Registrar = { listener, requests, isSilent: false, headers: [] };
  return registrar;
}

beforeEach(async () => {
  clock = new VirtualClock();
  registrars = [await startRegistrar(), await startRegistrar()];
  client = new SipRegistrarClient({
    registrars: registrars.map(({ listener }) => ({ remote: listener.address })),
    timers: clock.timers,
  });
  client.start();
});

afterEach(async () => {
  await client.close();
  await Promise.all(registrars.map(({ listener }) => listener.close()));
});

let branches = 0;
function register() {
  const branch = `z9hG4bKr${branches++}`;
  const request = sip(
    messageText({ method: 'REGISTER', body: '', via: `SIP/2.0/TCP 127.0.0.1:1;branch=${branch}` }),
  );
  return client.register(request, branch);
}

describe('the registrar client', () => {
  test('MUST resolve with the final response of its branch', async () => {
    const response = await register();
    expect(response?.status).toBe(200);
    expect(client.stats.answered).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test('MUST take a 200 that lists as many Contacts as an AoR may have, each as long as a REGISTER may be', async () => {
    const headers = Array.from(
      { length: 10 },
      () => `Contact: <sip:bob@h;x=${'y'.repeat(16_000)}>`,
    );
    for (const registrar of registrars) registrar.headers = headers;
    expect((await register())?.status).toBe(200);
  });

  test('SHOULD use registrars in turn', async () => {
    await register();
    await expect.poll(() => client.isUp).toBe(true);
    for (let i = 0; i < 20; i += 1) await register();
    expect(registrars[0]?.requests.length).toBeGreaterThan(5);
    expect(registrars[1]?.requests.length).toBeGreaterThan(5);
  });

  test('MUST use the other one when one is down', async () => {
    for (let i = 0; i < 4; i += 1) await register();
    await registrars[0]?.listener.close();
    await expect.poll(async () => (await register())?.status).toBe(200);
    for (let i = 0; i < 10; i += 1) expect((await register())?.status).toBe(200);
  });

  test('MUST give up at its deadline', async () => {
    for (const registrar of registrars) registrar.isSilent = true;
    const pending = register();
    await expect.poll(() => registrars.some(({ requests }) => requests.length > 0)).toBe(true);
    clock.advance(4_900);
    expect(client.stats.timeouts).toBe(0);
    clock.advance(200);
    expect(await pending).toBeUndefined();
    expect(client.stats.timeouts).toBe(1);
  });

  test('MUST fail at once what a registrar took with it', async () => {
    await register();
    for (const registrar of registrars) registrar.isSilent = true;
    const pending = register();
    await expect.poll(() => registrars.some(({ requests }) => requests.length > 0)).toBe(true);
    await Promise.all(registrars.map(({ listener }) => listener.close()));
    expect(await pending).toBeUndefined();
    expect(await register()).toBeUndefined();
    expect(client.isUp).toBe(false);
  });
});
