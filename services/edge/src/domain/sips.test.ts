import { H } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  answerTo,
  asRequest,
  deliveryOf,
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
} from '../../test/edge-world.ts';
import type { FlowTransport } from '../ports.ts';

const SIPS = 'sips:bob@example.com';
const VIA = 'SIP/2.0/TLS client.example:5071;branch=z9hG4bKc1;rport';

let world: EdgeWorld;
beforeEach(() => {
  world = new EdgeWorld(new VirtualClock(), {}, undefined, { trunkTransport: 'TLS' });
});

/** What a request gets at once; nothing when it is taken. */
function receive(transport: FlowTransport, parts: MessageParts): readonly number[] {
  const flow = new FakeFlow(transport);
  world.receive(flow, messageText({ via: VIA, ...parts }));
  return flow.statuses;
}

describe('a request for a sips URI', () => {
  test('MUST be taken from TLS, its scheme kept (RFC 5630 §5.3)', () => {
    expect(receive('TLS', { uri: SIPS })).toEqual([]);
    const [record] = world.log.records;
    if (record === undefined) throw new Error('nothing was appended');
    expect(record.aor).toBe('sip:bob@example.com');
    const request = asRequest(record);
    expect(request.requestUri).toBe(SIPS);
    expect(request.all(H.VIA)[0]).toMatch(/^SIP\/2\.0\/TLS 192\.0\.2\.1:5070;/);
  });

  test.each(['UDP', 'TCP'] as const)('MUST NOT be taken from %s (RFC 5630 §3.1)', (transport) => {
    expect(receive(transport, { uri: SIPS })).toEqual([416]);
    expect(receive(transport, { method: 'INVITE', uri: SIPS })).toEqual([416]);
    expect(receive(transport, { method: 'REGISTER', uri: 'sips:example.com' })).toEqual([416]);
    expect(world.log.records).toEqual([]);
  });

  test('MUST NOT be taken where the trunk is in clear (ADR 0015)', () => {
    world = new EdgeWorld(new VirtualClock());
    expect(receive('TLS', { uri: SIPS })).toEqual([416]);
    expect(receive('TLS', {})).toEqual([]);
  });
});

describe('a request for a sips URI that goes past the log', () => {
  const uri = 'sips:carol@other.example';

  test('MUST go by TLS to the next hop, whatever the scheme in its Route (RFC 3261 §26.2.2)', async () => {
    world.locator.isOpen = true;
    const asked: string[] = [];
    world.locator.locate = async ({ scheme, host }) => {
      asked.push(`${scheme}:${host}`);
      return [];
    };
    receive('TLS', { method: 'INVITE', uri, headers: ['Route: <sip:next.example;lr>'] });
    await world.settle();
    expect(asked).toEqual(['sips:next.example']);
  });

  test.each([
    ['TCP', [480], 0],
    ['TLS', [], 1],
  ] as const)('MUST NOT go by a token over a flow in clear: %s', (transport, statuses, sent) => {
    const device = new FakeFlow(transport, '198.51.100.9');
    const token = world.tokens.tokenOf(device) ?? '';
    const headers = [`Route: <sip:${token}@192.0.2.1:5060;lr>`];
    const bye = { method: 'BYE', uri: 'sips:bob@198.51.100.9', toTag: 't', body: '', headers };
    expect(receive('TLS', bye)).toEqual(statuses);
    expect(device.requests).toHaveLength(sent);
  });
});

describe('a REGISTER over TLS', () => {
  const CONTACT = ['Contact: <sips:bob@192.0.2.9:5071>'];

  test('MUST get a sips Path, never transport=tls (RFC 5630 §5.2, §5.3)', () => {
    const flow = new FakeFlow('TLS');
    const uri = 'sips:example.com';
    const parts = { method: 'REGISTER', uri, via: VIA, body: '', headers: CONTACT };
    world.receive(flow, messageText(parts));
    const token = world.tokens.tokenOf(flow);
    const path = world.registrar.requests[0]?.all(H.PATH);
    expect(path).toEqual([`<sips:${token}@192.0.2.1:5070;lr>`]);
  });
});

describe('a delivery', () => {
  test('MUST say TLS in its Via, and tell the address of the TLS listener (RFC 3261 §18.1.1)', () => {
    const flow = new FakeFlow('TLS');
    const flowToken = world.tokens.tokenOf(flow) ?? '';
    const finals: number[] = [];
    world.edge.deliver(deliveryOf({ flowToken }), (status) => void finals.push(status));
    expect(flow.requests[0]?.all(H.VIA)[0]).toMatch(/^SIP\/2\.0\/TLS 192\.0\.2\.1:5061;branch=/);
    world.receive(flow, answerTo(flow, 200));
    expect(finals).toEqual([200]);
  });

  test.each([
    ['sip:bob@198.51.100.9', 'TLS 198.51.100.9:5061'],
    ['sip:bob@198.51.100.9:5071;transport=tcp', 'TLS 198.51.100.9:5071'],
  ])(
    'of a sip request to a sips contact MUST use TLS: %s (RFC 5630 §5.3)',
    async (targetUri, asked) => {
      const finals: number[] = [];
      const delivery = deliveryOf({ targetUri, isSecured: true });
      world.edge.deliver(delivery, (status) => void finals.push(status));
      await world.settle();
      expect([world.connector.asked, finals]).toEqual([[asked], [503]]);
    },
  );
});

describe('our Via', () => {
  const uri = 'sip:carol@other.example';

  test.each([
    ['TLS', true],
    ['TCP', false],
  ] as const)('to another domain by %s has alias: %j (RFC 5923 §8.1)', async (transport, has) => {
    const hop = { address: '203.0.113.1', port: 5061, transport, domain: 'other.example' };
    const server = new FakeFlow(transport, hop.address, hop.port);
    world.locator.isOpen = true;
    world.locator.hops.set(hop.domain, [hop]);
    world.connector.flows.set(`${transport} ${hop.address}:${hop.port}`, server);
    world.receive(new FakeFlow('TCP'), messageText({ uri }));
    await world.settle();
    expect(server.requests[0]?.all(H.VIA)[0]?.endsWith(';alias')).toBe(has);
  });

  test('to a device MUST NOT have alias: it is no proxy (RFC 5923 §3)', () => {
    const device = new FakeFlow('TLS', '198.51.100.9');
    const headers = [`Route: <sip:${world.tokens.tokenOf(device)}@192.0.2.1:5060;lr>`];
    const bye = { method: 'BYE', uri: 'sip:bob@198.51.100.9', toTag: 't', body: '', headers };
    receive('TLS', bye);
    world.edge.deliver(deliveryOf({ flowToken: world.tokens.tokenOf(device) ?? '' }), () => {});
    expect(device.requests).toHaveLength(2);
    for (const request of device.requests) expect(request.head).not.toContain('alias');
  });
});

describe('a response over TLS', () => {
  test('MUST go by TLS again when its connection is gone, to whoever proves to be the sent-by host (RFC 3261 §18.2.2, RFC 5922 §7.3)', async () => {
    const flow = new FakeFlow('TLS');
    world.receive(flow, messageText({ via: VIA }));
    flow.isOpen = false;
    const again = new FakeFlow('TLS', flow.remote.address, 5071);
    world.connector.flows.set(`TLS ${flow.remote.address}:5071`, again);
    await world.clock.advanceAsync(3_000);
    expect(world.connector.asked).toEqual([`TLS ${flow.remote.address}:5071`]);
    expect(world.connector.domains).toEqual(['client.example']);
    expect(again.statuses).toEqual([202]);
  });

  test('MUST go to port 5061 when sent-by names none (RFC 3261 §18.2.2)', async () => {
    const flow = new FakeFlow('TLS');
    world.receive(flow, messageText({ via: 'SIP/2.0/TLS client.example;branch=z9hG4bKc1' }));
    flow.isOpen = false;
    await world.clock.advanceAsync(3_000);
    expect(world.connector.asked).toEqual([`TLS ${flow.remote.address}:5061`]);
  });
});
