import { H, SipRequest, type SipResponse } from '@hermod/sip';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { messageText, responseTo, sip } from '../../test/edge-world.ts';
import type { EdgeNeighbour, EdgeService, Flow, Outlet } from '../ports.ts';
import { PeerTrunks, type TrunkClient } from './peer-trunks.ts';
import { TrunkListener } from './trunk-listener.ts';

/** The far edge: answers each request 200 over the flow it came by. */
class FarEdge implements EdgeService, EdgeNeighbour {
  forward(flow: Flow, request: SipRequest): void {
    flow.send(responseTo(request, 200));
  }

  deliver(): void {
    throw new Error('edges ask for no deliveries');
  }

  routerLost(): void {
    // An edge's trunk closes like a router's.
  }

  reply(): void {
    throw new Error('edges reply to nobody who waits');
  }
}

class NearEdge implements TrunkClient {
  readonly responses: SipResponse[] = [];
  readonly down: Outlet[] = [];

  onTrunkResponse(response: SipResponse): void {
    this.responses.push(response);
  }

  onTrunkDown(trunk: Outlet): void {
    this.down.push(trunk);
  }
}

const OWN = { address: '127.0.0.1', port: 1 };
let listener: TrunkListener;
let trunks: PeerTrunks;
let near: NearEdge;

beforeEach(async () => {
  listener = await TrunkListener.listen({
    edge: new FarEdge(),
    address: '127.0.0.1',
    port: 0,
    peers: [],
  });
  const far = { address: '127.0.0.1', port: listener.port };
  trunks = new PeerTrunks([{ remote: OWN }, { remote: far }], OWN);
  near = new NearEdge();
  trunks.start(near);
});

afterEach(async () => {
  await trunks.close();
  await listener.close();
});

function request(): SipRequest {
  const message = sip(messageText({ method: 'INFO' }));
  if (!(message instanceof SipRequest)) throw new Error('not a request');
  return message;
}

test('requests to another edge MUST be answered over the same connection, and fail at once when that edge is gone (design §2)', async () => {
  const trunk = trunks.trunkTo('127.0.0.1', listener.port);
  expect(trunk?.send(request())).toBe(true);
  await expect.poll(() => near.responses.length).toBe(1);
  expect(near.responses[0]?.get(H.CSEQ)).toBe('1 INFO');
  expect([trunk?.isOpen, trunks.edgesUp]).toEqual([true, 1]);
  await listener.close();
  await expect.poll(() => near.down).toEqual([trunk]);
  expect([trunk?.isOpen, trunks.edgesUp]).toEqual([false, 0]);
  expect(trunk?.send(request())).toBe(false);
});

test('an edge MUST have a trunk to the edges of its configuration alone, and none to itself', () => {
  expect(trunks.trunkTo('127.0.0.1', OWN.port)).toBeUndefined();
  expect(trunks.trunkTo('127.0.0.1', listener.port + 1)).toBeUndefined();
  expect(trunks.trunkTo('127.0.0.2', listener.port)).toBeUndefined();
});
