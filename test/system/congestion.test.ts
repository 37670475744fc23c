import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { readMetric, type SipPeer } from '@hermod/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { MessageLoad } from './message-load.ts';
import { Scene } from './scene.ts';

/** All of them together: below their share of whatever a busy machine leaves to the process. */
const OTHERS_PER_SEC = 40;

const scene = new Scene();
afterEach(() => scene.close());

/** A process that sends MESSAGEs over one connection, each a new one, as fast as they are taken. */
const ABUSER = `
const { connect } = require('node:net');
const [port] = process.argv.slice(1);
let n = 0;
const batch = () => {
  let text = '';
  for (let i = 0; i < 200; i += 1) {
    n += 1;
    text += 'MESSAGE sip:nobody@localhost SIP/2.0\\r\\nVia: SIP/2.0/TCP h;branch=z9hG4bKx' + n + ';rport\\r\\n' +
      'Max-Forwards: 70\\r\\nFrom: <sip:mallory@localhost>;tag=m\\r\\nTo: <sip:nobody@localhost>\\r\\n' +
      'Call-ID: abuse' + n + '\\r\\nCSeq: 1 MESSAGE\\r\\nContent-Length: 0\\r\\n\\r\\n';
  }
  return Buffer.from(text, 'latin1');
};
const socket = connect({ port: Number(port), host: '127.0.0.1' });
const pump = () => { if (socket.write(batch())) setImmediate(pump); };
socket.on('connect', pump).on('drain', pump).on('data', () => {}).on('error', () => {});
`;

function abuser(port: number): ChildProcess {
  const child = spawn(process.execPath, ['-e', ABUSER, `${port}`]);
  scene.onClose(() => stop(child));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

describe('a standalone under overload (issue 5)', () => {
  test('MUST serve the others while one source sends far more than its share, and refuse nobody within 5 s of its end', async () => {
    const { sipPort, http } = await scene.start(undefined, { HERMOD_CONGESTION: 'on' });
    const bob = await scene.device(sipPort, 'bob');
    const others: SipPeer[] = [];
    for (let i = 0; i < 8; i += 1) others.push(await scene.tcp(sipPort, `user${i}`));
    const pairs = others.map((sender) => ({ sender, to: bob.aor }));
    const load = new MessageLoad(pairs, OTHERS_PER_SEC);
    await delay(1_000);
    const one = abuser(sipPort);
    await delay(6_000);
    const { refused, unknown } = await load.finish();
    const rejected = 'im_admission_rejected_total';
    expect(await readMetric(http, rejected)).toBeGreaterThan(load.sent * 10);
    expect(refused.size + unknown.size).toBeLessThanOrEqual(load.sent * 0.02);
    expect(await readMetric(http, 'sip_reading_pauses_total')).toBeGreaterThan(0);
    expect(await readMetric(http, 'im_admission_rate_limit', '"all"')).toBeGreaterThan(0);
    await stop(one);
    await delay(5_000);
    const before = await readMetric(http, rejected);
    const calm = new MessageLoad(pairs, OTHERS_PER_SEC);
    await delay(2_000);
    const after = await calm.finish();
    expect(after.refused.size + after.unknown.size).toBe(0);
    expect(await readMetric(http, rejected)).toBe(before);
  }, 60_000);

  test('MUST tell a server of HERMOD_RELAY_FROM that obeys `oc` what to leave out, and nobody else (RFC 7339 §4, §5.5)', async () => {
    const message = (n: number): string =>
      `MESSAGE sip:bob@localhost SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKoc${n};oc;oc-algo="loss"\r\n` +
      `Max-Forwards: 70\r\nFrom: <sip:x@localhost>;tag=m\r\nTo: <sip:bob@localhost>\r\n` +
      `Call-ID: oc${n}\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n`;
    for (const [relayFrom, expected] of [
      ['127.0.0.1', /^Via: .*;oc=0;oc-algo="loss";oc-validity=0;oc-seq=\d+\.\d{3}\r$/m],
      ['192.0.2.1', /^Via: SIP\/2\.0\/TCP h;branch=z9hG4bKoc1;received=127\.0\.0\.1\r$/m],
    ] as const) {
      const { sipPort } = await scene.start(undefined, {
        HERMOD_CONGESTION: 'on',
        HERMOD_RELAY_FROM: relayFrom,
      });
      const socket = connect({ port: sipPort, host: '127.0.0.1' });
      scene.onClose(() => {
        socket.destroy();
      });
      socket.write(message(1));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString('latin1')).toMatch(expected);
    }
  }, 30_000);

  test('MUST take whatever comes with HERMOD_CONGESTION=off', async () => {
    const { sipPort, http } = await scene.start(undefined, { HERMOD_CONGESTION: 'off' });
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    const sent = Array.from({ length: 2_000 }, (_, i) => alice.sendMessage(bob.aor, `${i}`));
    const answers = await Promise.all(sent);
    expect(answers.filter(({ status }) => status === 503)).toEqual([]);
    expect(await readMetric(http, 'sip_requests_rejected_total', '"congestion"')).toBe(0);
    const page = await (await fetch(`${http}/metrics`)).text();
    expect(page).not.toContain('im_admitted_total');
  }, 30_000);
});
