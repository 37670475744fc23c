// Flows, GRUUs and preferences over real sockets: RFC 5626, 5627, 3608, 3841.
import { setTimeout as delay } from 'node:timers/promises';
import { H } from '@hermod/sip';
import type { Exchange, SipPeer } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scene } from './scene.ts';

const scene = new Scene();
let port: number;
let sender: SipPeer;

beforeAll(async () => {
  port = (await scene.start()).sipPort;
  sender = await scene.tcp(port, 'sender');
});
afterAll(() => scene.close());

const instanceOf = (user: string): string =>
  `urn:uuid:00000000-0000-1000-8000-${Buffer.from(user.padEnd(6).slice(0, 6)).toString('hex')}`;

/** One flow of a device: the same user, instance and Contact over a connection of its own. */
async function flowOf(user: string, regId: number): Promise<SipPeer> {
  const flow = await scene.tcp(port, user);
  const contact = `sip:${user}@device.invalid;transport=tcp`;
  const instance = instanceOf(user);
  const { status, response } = await flow.register(flow.aor, { contact, instance, regId });
  expect(status).toBe(200);
  expect(response.values(H.REQUIRE)).toEqual(['outbound']);
  expect(response.get(H.FLOW_TIMER)).toBe('120');
  return flow;
}

async function contactsOf(user: string): Promise<string[]> {
  const query = await sender.request('REGISTER', 'sip:localhost', {
    from: `sip:${user}@localhost`,
    to: `sip:${user}@localhost`,
  });
  return query.response.values(H.CONTACT);
}

const textsOf = (...flows: readonly SipPeer[]): string[] => flows.flatMap((flow) => flow.texts);

describe('a device with two flows (RFC 5626 §7)', () => {
  test('MUST get a message once, over one of them', async () => {
    const flows = [await flowOf('twice', 1), await flowOf('twice', 2)];
    expect((await sender.sendMessage('sip:twice@localhost', 'one')).status).toBe(200);
    await delay(200);
    expect(textsOf(...flows)).toEqual(['one']);
  });

  test('MUST get a message once over the flow that is left when the other has closed, whose binding is gone at once', async () => {
    const one = await flowOf('closes', 1);
    const two = await flowOf('closes', 2);
    expect(await contactsOf('closes')).toHaveLength(2);
    await two.close();
    await expect.poll(() => contactsOf('closes')).toHaveLength(1);
    const sent = await sender.sendMessage('sip:closes@localhost', 'left');
    expect(sent.status).toBe(200);
    expect(sent.elapsedMs).toBeLessThan(1_000);
    expect(textsOf(one, two)).toEqual(['left']);
    await one.close();
    await expect.poll(() => contactsOf('closes')).toEqual([]);
  });

  test('MUST get a message over its other flow when one is silent, and the next one without a pause', async () => {
    const one = await flowOf('silent', 1);
    const two = await flowOf('silent', 2);
    two.answer = () => 'silence';
    const first = await sender.sendMessage('sip:silent@localhost', 'first');
    expect([first.status, one.texts]).toEqual([200, ['first']]);
    expect(first.elapsedMs).toBeGreaterThanOrEqual(1_900);
    const second = await sender.sendMessage('sip:silent@localhost', 'second');
    expect(second.status).toBe(200);
    expect(second.elapsedMs).toBeLessThan(1_000);
    expect(one.texts).toEqual(['first', 'second']);
  });

  test('MUST NOT get a message that one of its flows has refused over the other', async () => {
    const one = await flowOf('busy', 1);
    const two = await flowOf('busy', 2);
    for (const flow of [one, two]) flow.answer = () => 486;
    expect((await sender.sendMessage('sip:busy@localhost', 'x')).status).toBe(202);
    expect(one.received.length + two.received.length).toBe(1);
  });
});

describe('GRUUs (RFC 5627)', () => {
  type Device = { readonly peer: SipPeer; readonly pub: string; readonly temp: string };

  async function deviceOf(user: string, id: string): Promise<Device> {
    const peer = await scene.tcp(port, user);
    const registered = await registerGruu(peer, id);
    expect(registered.status).toBe(200);
    return { peer, ...gruusIn(registered, id) };
  }

  function registerGruu(peer: SipPeer, id: string, callId?: string): Promise<Exchange> {
    return peer.register(peer.aor, {
      contact: `sip:${id}@device.invalid;transport=tcp`,
      instance: instanceOf(id),
      headers: ['Supported: gruu'],
      ...(callId === undefined ? {} : { callId }),
    });
  }

  function gruusIn({ response }: Exchange, id: string): { pub: string; temp: string } {
    const row = response.values(H.CONTACT).find((contact) => contact.includes(`:${id}@`)) ?? '';
    const value = (name: string): string => new RegExp(`;${name}="([^"]+)"`).exec(row)?.[1] ?? '';
    return { pub: value('pub-gruu'), temp: value('temp-gruu') };
  }

  test('public and temporary ones MUST reach that device alone, and the temporary one say nothing of the user (§5.1)', async () => {
    const phone = await deviceOf('gina', 'phone');
    const desk = await deviceOf('gina', 'desk');
    expect(phone.pub).toBe(`sip:gina@localhost;gr=${instanceOf('phone')}`);
    expect(phone.temp).toMatch(/^sip:tgruu\.[\w-]+@localhost;gr$/);
    for (const uri of [phone.pub, phone.temp]) {
      expect((await sender.sendMessage(uri, uri)).status).toBe(200);
    }
    expect(phone.peer.texts).toEqual([phone.pub, phone.temp]);
    expect(desk.peer.texts).toEqual([]);
    // The Request-URI is the device's Contact: no gr is left in it.
    for (const { request } of phone.peer.received) expect(request.requestUri).not.toContain('gr');
  });

  test('MUST be answered 480 while the device is away, and nothing be stored; an unknown one 404 (§5.1)', async () => {
    const phone = await deviceOf('hugo', 'phone');
    const desk = await deviceOf('hugo', 'desk');
    await phone.peer.close();
    await expect.poll(() => contactsOf('hugo')).toHaveLength(1);
    expect((await sender.sendMessage(phone.pub, 'x')).status).toBe(480);
    expect((await sender.sendMessage(phone.temp, 'x')).status).toBe(404);
    expect((await sender.sendMessage('sip:tgruu.made-up@localhost;gr', 'x')).status).toBe(404);
    const again = await deviceOf('hugo', 'phone');
    expect((await sender.sendMessage(again.pub, 'y')).status).toBe(200);
    expect(again.peer.texts).toEqual(['y']);
    expect(desk.peer.texts).toEqual([]);
  });

  test('a temporary one MUST end with a new Call-ID, not with a refresh (§5.1)', async () => {
    const device = await deviceOf('ida', 'phone');
    const refreshed = gruusIn(await registerGruu(device.peer, 'phone'), 'phone');
    expect(refreshed.temp).not.toBe(device.temp);
    for (const uri of [device.temp, refreshed.temp]) {
      expect((await sender.sendMessage(uri, 'x')).status).toBe(200);
    }
    const renewed = gruusIn(await registerGruu(device.peer, 'phone', 'another-call-id'), 'phone');
    expect((await sender.sendMessage(device.temp, 'x')).status).toBe(404);
    expect((await sender.sendMessage(renewed.temp, 'x')).status).toBe(200);
    expect(renewed.pub).toBe(device.pub);
  });
});

describe('caller preferences (RFC 3841)', () => {
  async function deviceWith(user: string, params: string): Promise<SipPeer> {
    const peer = await scene.tcp(port, user);
    const contact = peer.contact;
    const registered = await peer.request('REGISTER', 'sip:localhost', {
      from: peer.aor,
      to: peer.aor,
      headers: [`Contact: <${contact}>${params}`],
    });
    expect(registered.status).toBe(200);
    return peer;
  }

  test('MUST choose among the devices of a user, and 480 when its sender wants none of them', async () => {
    const mobile = await deviceWith('paul', ';mobility="mobile"');
    const fixed = await deviceWith('paul', ';mobility="fixed";methods="MESSAGE"');
    const to = 'sip:paul@localhost';
    const send = (text: string, ...headers: string[]) => sender.sendMessage(to, text, { headers });
    expect(
      (await send('to the mobile', 'Accept-Contact: *;mobility="mobile";require')).status,
    ).toBe(200);
    expect((await send('to the desk', 'j: *;mobility="mobile"')).status).toBe(200);
    expect((await send('to nobody', 'Reject-Contact: *;mobility="mobile,fixed"')).status).toBe(480);
    expect((await send('to nobody', 'a: *;video;require;explicit')).status).toBe(480);
    expect([mobile.texts, fixed.texts]).toEqual([['to the mobile'], ['to the desk']]);
  });

  test('MUST send to devices one after the other when asked for sequential (§9.1)', async () => {
    const high = await deviceWith('quentin', ';q=0.9');
    const low = await deviceWith('quentin', ';q=0.1');
    high.answer = () => 486;
    const headers = ['Request-Disposition: sequential'];
    expect((await sender.sendMessage('sip:quentin@localhost', 'x', { headers })).status).toBe(200);
    high.answer = () => 200;
    expect((await sender.sendMessage('sip:quentin@localhost', 'y', { headers })).status).toBe(200);
    expect([high.texts, low.texts]).toEqual([['x', 'y'], ['x']]);
  });
});

test('Service-Route MUST lead back through the edge (RFC 3608 §6.3)', async () => {
  const peer = await scene.tcp(port, 'rita');
  const { response } = await peer.register();
  const route = response.get(H.SERVICE_ROUTE);
  expect(route).toBe(`<sip:127.0.0.1:${port};transport=tcp;lr>`);
  const headers = [`Route: ${route}`];
  expect((await peer.sendMessage('sip:rita@localhost', 'to myself', { headers })).status).toBe(200);
  expect(peer.texts).toEqual(['to myself']);
});
