import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sctpFault } from '@hermod/sctp';
import { buildResponse } from '@hermod/sip';
import { type Flow, SctpListener } from '@hermod/transport';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Scene } from '../system/scene.ts';
import { TwoPaths } from './two-paths.ts';

const PEER = fileURLToPath(new URL('scripted-peer.ts', import.meta.url));
const PEER_PORT = '6300';
const ANSWER = 'SIP/2.0 200 OK\n';
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
    const [program = '', ...parameters] = paths.command(process.execPath, [
      ...['--conditions=source', PEER, paths.there[0], PEER_PORT],
      ...[paths.here[0], String(listener.address.port)],
    ]);
    const peer = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
    scene.onClose(() => {
      peer.kill('SIGKILL');
    });
    const said = async (): Promise<string> => String(await once(peer.stdout, 'data'));
    expect(await said()).toBe(ANSWER);

    // The ABORT of the old association is lost, and the INIT of the new one has left before anything of ours arrives there: the kernel
    // there knows no association but the new one, and answers nothing that belongs to the old.
    paths.lose(1);
    peer.stdin.write('\n');
    expect(await said()).toBe('begun\n');
    expect(closed).toEqual([]);
    paths.restore(1);
    expect(await said()).toBe(ANSWER);
    await vi.waitFor(() => expect(closed).toHaveLength(1));
    expect(opened).toHaveLength(2);
    expect(closed).toEqual([opened[0]]);
    expect(opened[0]?.closeReason).toBe('remote');
    expect(opened[1]).toMatchObject({ isOpen: true, remote: opened[0]?.remote });
    expect(listener.stats).toMatchObject({ accepted: 2, connections: 1, messagesIn: 2 });
  });
});
