import { RecordFlag } from '@hermod/contracts';
import { DEFAULT_REGISTER_POLICY, H, processRegister } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  asRequest,
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
  responseTo,
  sip,
} from '../../test/edge-world.ts';

let world: EdgeWorld;
let flow: FakeFlow;

beforeEach(() => {
  world = new EdgeWorld(new VirtualClock());
  flow = new FakeFlow();
});

function receive(parts: MessageParts): void {
  world.receive(flow, messageText(parts));
}

function lastRecord() {
  const record = world.log.records.at(-1);
  if (record === undefined) throw new Error('nothing was appended');
  return record;
}

describe('a MESSAGE with a flow token in its Route (RFC 5626 §5.3)', () => {
  const route = (token: string): string => `Route: <sip:${token}@192.0.2.1:5070;lr>`;

  test.each(['e1.forged', 'e1.token99', 'e2.token0'])(
    'MUST be answered 430 when no open flow has the token %s, and go nowhere',
    (token) => {
      const device = new FakeFlow('TCP', '198.51.100.9');
      world.tokens.tokenOf(device);
      receive({ headers: [route(token)] });
      expect(flow.statuses).toEqual([430]);
      expect(device.sent).toEqual([]);
      expect(world.log.records).toEqual([]);
    },
  );

  test('MUST be answered 430 when the flow of the token has closed', () => {
    const device = new FakeFlow('TCP', '198.51.100.9');
    const token = world.tokens.tokenOf(device) ?? '';
    device.close();
    receive({ headers: [route(token)] });
    expect(flow.statuses).toEqual([430]);
  });

  test('MUST go to its recipient when the token is that of the flow it came by: an outgoing request', () => {
    receive({ headers: [route(world.tokens.tokenOf(flow) ?? '')] });
    expect(lastRecord().aor).toBe('sip:bob@example.com');
    expect(asRequest(lastRecord()).has(H.ROUTE)).toBe(false);
  });

  test('MUST go over the flow of the token else: an incoming request', () => {
    const device = new FakeFlow('TCP', '198.51.100.9');
    receive({ headers: [route(world.tokens.tokenOf(device) ?? '')] });
    expect(device.requests).toHaveLength(1);
    expect(world.log.records).toEqual([]);
  });
});

describe('a MESSAGE to a GRUU (RFC 5627 §5.1)', () => {
  const ID = 'urn:uuid:00000000-0000-1000-8000-aabbccddeeff';

  /** The temporary GRUU that a registrar with the same seal gives out. */
  function temporaryGruu(aor: string): string {
    const message = sip(
      messageText({
        method: 'REGISTER',
        uri: 'sip:example.com',
        to: aor,
        body: '',
        headers: ['Supported: gruu', `Contact: <sip:b@10.0.0.1>;+sip.instance="<${ID}>"`],
      }),
    );
    if (message.kind !== 'request') throw new Error('not a request');
    const gruus = { aor, seal: world.gruuSeal };
    const { headers } = processRegister(message, [], undefined, DEFAULT_REGISTER_POLICY, 36, gruus);
    return /temp-gruu="([^"]+)"/.exec(headers.join('\n'))?.[1] ?? '';
  }

  test('MUST be appended under the AoR with its gr, and never be stored (ADR 0016)', () => {
    receive({ uri: `sip:bob@example.com;gr=${ID}` });
    expect(lastRecord()).toMatchObject({
      aor: 'sip:bob@example.com',
      flags: RecordFlag.NO_STORE | RecordFlag.AUTHENTICATED,
    });
    expect(asRequest(lastRecord()).requestUri).toBe(`sip:bob@example.com;gr=${ID}`);
  });

  test('MUST be appended under the AoR that a temporary one stands for', () => {
    const uri = temporaryGruu('sip:bob@example.com');
    expect(uri).not.toContain('bob');
    receive({ uri });
    expect(lastRecord().aor).toBe('sip:bob@example.com');
    expect(asRequest(lastRecord()).requestUri).toBe(`sip:bob@example.com;gr=${ID};gr-since=10`);
    expect(lastRecord().flags & RecordFlag.NO_STORE).not.toBe(0);
  });

  test.each(['sip:tgruu.forged@example.com;gr', 'sip:bob@example.com;gr'])(
    'MUST be answered 404 when nobody was given %s',
    (uri) => {
      receive({ uri });
      expect(flow.statuses).toEqual([404]);
      expect(world.log.records).toEqual([]);
    },
  );

  test('MUST be answered 404 when a temporary one was altered', () => {
    const uri = temporaryGruu('sip:bob@example.com');
    const at = uri.indexOf('@') - 3;
    receive({ uri: uri.slice(0, at) + (uri[at] === 'A' ? 'B' : 'A') + uri.slice(at + 1) });
    expect(flow.statuses).toEqual([404]);
  });

  test('MUST NOT be relayed for a domain that is not ours', () => {
    receive({ uri: `sip:bob@other.example;gr=${ID}` });
    expect(flow.statuses).toEqual([403]);
  });
});

test('a MESSAGE with no-queue MUST NOT be stored (RFC 3841 §9.1)', () => {
  receive({ headers: ['Request-Disposition: no-queue'] });
  expect(lastRecord().flags & RecordFlag.NO_STORE).not.toBe(0);
});

describe('Service-Route in the 200 of a REGISTER (RFC 3608)', () => {
  async function serviceRoute(parts: MessageParts = {}, extra: readonly string[] = []) {
    world.registrar.answer = (request) => Promise.resolve(responseTo(request, 200, extra));
    receive({ method: 'REGISTER', uri: 'sip:example.com', body: '', ...parts });
    await world.settle();
    return flow.responses[0]?.all(H.SERVICE_ROUTE).join(', ');
  }

  test('MUST name the listener that the device registered at, with lr (RFC 3608 §6.3)', async () => {
    expect(await serviceRoute()).toBe('<sip:192.0.2.1:5060;transport=tcp;lr>');
    flow = new FakeFlow('UDP');
    expect(await serviceRoute()).toBe('<sip:192.0.2.1:5060;lr>');
    flow = new FakeFlow('SCTP');
    expect(await serviceRoute({ via: 'SIP/2.0/SCTP c;branch=z9hG4bKsctp' })).toBe(
      '<sip:192.0.2.1:5060;transport=sctp;lr>',
    );
    // With a sips Route all that the device sends would have to be sips (RFC 3261 §8.1.1.8).
    flow = new FakeFlow('TLS');
    expect(await serviceRoute({ via: 'SIP/2.0/TLS c;branch=z9hG4bKtls' })).toBe('');
    expect(flow.statuses).toEqual([200]);
  });

  test('MUST lead back to this edge: a request with it as Route is the edge’s own', async () => {
    const route = await serviceRoute();
    receive({ headers: [`Route: ${route}`] });
    expect(asRequest(lastRecord()).has(H.ROUTE)).toBe(false);
  });

  test('MUST NOT replace what the registrar says, nor be added behind another proxy', async () => {
    expect(await serviceRoute({}, ['Service-Route: <sip:home.example;lr>'])).toBe(
      '<sip:home.example;lr>',
    );
    flow = new FakeFlow();
    const via = 'SIP/2.0/TCP p.example;branch=z9hG4bKp\nVia: SIP/2.0/TCP c;branch=z9hG4bKc';
    expect(await serviceRoute({ via })).toBe('');
  });
});
