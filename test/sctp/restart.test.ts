import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sctpFault } from '@hermod/sctp';
import { buildResponse } from '@hermod/sip';
import { type Flow, SctpListener } from '@hermod/transport';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Scene } from '../system/scene.ts';
import { TwoPaths } from './two-paths.ts';

const PEER = fileURLToPath(new URL('scripted-peer.ts', import.meta.url));
const PEER_PORT = 6_300;
const fault = sctpFault();

describe.skipIf(fault !== undefined)(`an association (${fault?.fault ?? 'of this kernel'})`, () => {
  const scene = new Scene();
  afterEach(() => scene.close());

  test('that its peer begins anew MUST be a new flow, and the old one end (RFC 9260 §5.2.2)', async () => {
    const paths = new TwoPaths(2);
    scene.onClose(() => paths.remove());
    const opened: Flow[] = [];
    const closed: Flow[] = [];
    const listener = await SctpListener.listen({
      address: paths.here[0],
      port: 0,
      handlers: {
        onOpen: (flow) => opened.push(flow),
        onMessage: (flow, message) => {
          if (message.kind === 'request') flow.send(buildResponse(message, 200));
        },
        onFramingError: () => undefined,
        onClosed: (flow) => closed.push(flow),
      },
    });
    scene.onClose(() => listener.close());

    async function peer(): Promise<ChildProcess> {
      const { port } = listener.address;
      const [program = '', ...parameters] = paths.command(process.execPath, [
        ...['--conditions=source', PEER, paths.there[0], String(PEER_PORT)],
        ...[paths.here[0], String(port)],
      ]);
      const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
      scene.onClose(() => {
        child.kill('SIGKILL');
      });
      const [answer] = await once(child.stdout, 'data');
      expect(String(answer)).toBe('SIP/2.0 200 OK\n');
      return child;
    }

    const first = await peer();
    paths.remove();
    first.kill('SIGKILL');
    await once(first, 'exit');
    paths.connect();
    await peer();
    await vi.waitFor(() => expect(closed).toHaveLength(1));
    expect(opened).toHaveLength(2);
    expect(closed).toEqual([opened[0]]);
    // A heartbeat of ours that comes back before its peer has begun anew is answered by an ABORT.
    expect(opened[0]?.closeReason).toMatch(/^(remote|error)$/);
    expect(opened[1]).toMatchObject({ isOpen: true, remote: opened[0]?.remote });
    expect(listener.stats).toMatchObject({ accepted: 2, connections: 1, messagesIn: 2 });
  });
});
