import { SctpSocket, sctpFault } from '@hermod/sctp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CleanUps, FlowRecorder, messageOver, undo } from '../testdata/flow-recorder.ts';
import { ConnectionPool } from './connection-pool.ts';
import { SctpListener } from './sctp-listener.ts';
import { TlsCredentials } from './tls-credentials.ts';

// As sctp-listener.test.ts.
const fault = sctpFault();
const title = fault === undefined ? 'ConnectionPool' : `ConnectionPool (${fault.fault})`;

const REQUEST = messageOver('SCTP', 1, '');
const cleanups: CleanUps = [];
afterEach(() => undo(cleanups));

function newPool(sctpFrom?: readonly string[]): { pool: ConnectionPool; seen: FlowRecorder } {
  const seen = new FlowRecorder();
  const pool = new ConnectionPool({
    handlers: seen,
    credentials: new TlsCredentials({}),
    sctpFrom: () => sctpFrom,
  });
  cleanups.push(() => pool.close());
  return { pool, seen };
}

async function newListener(
  directory?: ConnectionPool,
): Promise<{ listener: SctpListener; seen: FlowRecorder }> {
  const seen = new FlowRecorder();
  const listener = await SctpListener.listen({
    port: 0,
    handlers: seen,
    ...(directory === undefined ? {} : { directory }),
  });
  cleanups.push(() => listener.close());
  return { listener, seen };
}

describe.skipIf(fault !== undefined)(title, () => {
  it('MUST begin an association from the addresses given, and use it again (RFC 3261 §18.1.1)', async () => {
    const { listener, seen: theirs } = await newListener();
    const { pool, seen } = newPool(['127.0.0.3', '127.0.0.4']);
    const { port } = listener.address;
    const flow = pool.flowTo('127.0.0.1', port, 'SCTP', 'localhost');
    // Before the association is there.
    expect(flow?.send(REQUEST)).toBe(true);
    expect(pool.flowTo('127.0.0.1', port, 'SCTP', 'localhost')).toBe(flow);
    expect(pool.flowTo('127.0.0.1', port, 'TCP', 'localhost')).not.toBe(flow);
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
    expect(seen.opened).toEqual([flow]);
    expect(flow?.remote).toEqual(listener.address);
    expect(['127.0.0.3', '127.0.0.4']).toContain(flow?.local.address);
    expect(theirs.opened[0]?.remote).toEqual(flow?.local);
  });

  it('MUST find an association that the other end began', async () => {
    const { pool } = newPool(['127.0.0.1']);
    const { listener, seen } = await newListener(pool);
    const socket = SctpSocket.connect({
      remote: ['127.0.0.1'],
      port: listener.address.port,
      local: ['127.0.0.1'],
    });
    cleanups.push(() => socket.close(true));
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    const { port = 0 } = socket.local ?? {};
    expect(pool.flowTo('127.0.0.1', port, 'SCTP', 'localhost')).toBe(seen.opened[0]);
  });

  it('MUST say when nobody is there, and not try again at once', async () => {
    const { listener } = await newListener();
    const { port } = listener.address;
    await listener.close();
    const { pool, seen } = newPool(['127.0.0.1']);
    const flow = pool.flowTo('127.0.0.1', port, 'SCTP', 'localhost');
    expect(flow?.send(REQUEST)).toBe(true);
    await vi.waitFor(() => expect(seen.closed).toEqual([flow]));
    expect(flow?.closeReason).toBe('error');
    expect(seen.opened).toEqual([]);
    expect(pool.flowTo('127.0.0.1', port, 'SCTP', 'localhost')).toBeUndefined();
  });

  it('MUST give no flow where the system has no way, or this process begins no association', () => {
    // Nothing leaves the machine from a loopback address.
    const { pool } = newPool(['192.0.2.1']);
    expect(pool.flowTo('127.0.0.1', 9, 'SCTP', 'localhost')).toBeUndefined();
    expect(newPool().pool.flowTo('127.0.0.1', 9, 'SCTP', 'localhost')).toBeUndefined();
  });

  it('MUST send what waits, and end the association, when it closes', async () => {
    const { listener, seen: theirs } = await newListener();
    const { pool } = newPool(['127.0.0.1']);
    const flow = pool.flowTo('127.0.0.1', listener.address.port, 'SCTP', 'localhost');
    for (let n = 0; n < 5; n += 1) flow?.send(REQUEST);
    flow?.close();
    await vi.waitFor(() => expect(theirs.closed).toHaveLength(1));
    // All of them, though none can be answered any more.
    expect(theirs.messages).toHaveLength(5);
    expect(theirs.closed[0]?.closeReason).toBe('remote');
    expect(pool.stats.connections).toBe(0);
  });
});
