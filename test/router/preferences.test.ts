// What a sender asks of its targets, and what its devices' flows do: RFC 3841, RFC 5626 §7, RFC 5627 §5.1, in the router.
import { RecordFlag } from '@hermod/contracts';
import type { Binding } from '@hermod/sip';
import { describe, expect, it } from 'vitest';
import { AOR, RouterRig } from './router-rig.ts';

/** A message with header lines of its own, and perhaps another Request-URI. */
function send(rig: RouterRig, callId: string, lines: readonly string[], uri = AOR): void {
  const head = rig.headOf(callId).replace(`MESSAGE ${AOR} `, `MESSAGE ${uri} `);
  rig.message(callId, {
    head: head.replace(
      'Content-Length',
      `${lines.map((line) => `${line}\r\n`).join('')}Content-Length`,
    ),
  });
}

function device(name: string, params: string, q = 1000): Partial<Binding> {
  const contact = `sip:${name}@192.0.2.1:5060;transport=tcp`;
  return {
    contact,
    key: contact,
    params,
    q,
    flowToken: `e1.${name}`,
    path: [`sip:e1.${name}@e1:5070`],
  };
}

const targetsOf = (rig: RouterRig): string[] =>
  rig.trunk.deliveries.map(({ flowToken }) => flowToken.slice(3));

describe('caller preferences', () => {
  it('MUST send a message to no device that its sender rejects (RFC 3841 §7.2.4)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(device('phone', ';mobility="mobile"'), device('desk', ';mobility="fixed"'));
    send(rig, 'a', ['Reject-Contact: *;mobility="mobile"']);
    await rig.run(100);
    expect(targetsOf(rig)).toEqual(['desk']);
    expect(rig.trunk.statusOf('a')).toBe(200);
  });

  it('MUST answer 480 and store nothing when its sender wants none of the devices (RFC 3841 §7.2.4)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(device('phone', ';mobility="mobile"'));
    send(rig, 'a', ['Reject-Contact: *;mobility="mobile"']);
    await rig.run(100);
    expect(rig.trunk.deliveries).toEqual([]);
    expect(rig.trunk.statusOf('a')).toBe(480);
    expect(await rig.mailCount()).toBe(0);
    expect(rig.outcomes).toMatchObject([{ outcome: 'refused', status: 480 }]);
  });

  it('MUST prefer devices that take MESSAGE, and use the others when there is no such device (RFC 3841 §7.2.2)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(device('phone', ';methods="INVITE"'), device('chat', ';methods="MESSAGE"'));
    rig.message('a');
    await rig.run(100);
    await rig.register(device('phone', ';methods="INVITE"'));
    rig.message('b');
    await rig.run(100);
    expect(targetsOf(rig)).toEqual(['chat', 'phone']);
  });

  it('MUST apply the preferences of a stored message when it is drained, and refuse it where they leave no device', async () => {
    const rig = await new RouterRig().start();
    send(rig, 'wants-desk', ['Reject-Contact: *;mobility="mobile"']);
    rig.message('any');
    await rig.run(100);
    expect(await rig.mailCount()).toBe(2);
    await rig.register(device('phone', ';mobility="mobile"'));
    rig.registered();
    await rig.run(1_000);
    expect(rig.trunk.sent).toEqual(['any']);
    expect(await rig.mailCount()).toBe(0);
    expect(rig.outcomes.map(({ outcome }) => outcome).sort()).toEqual([
      'delivered',
      'refused',
      'stored',
      'stored',
    ]);
  });

  it('MUST try one device after the other by q when asked for sequential, until one takes the message (RFC 3841 §9.1)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(device('low', '', 100), device('high', '', 900), device('mid', '', 500));
    rig.trunk.act = ({ flowToken }) => ({
      status: flowToken === 'e1.mid' ? 200 : 486,
      afterMs: 50,
    });
    send(rig, 'a', ['Request-Disposition: sequential']);
    await rig.run(20);
    expect(targetsOf(rig)).toEqual(['high']);
    await rig.run(200);
    expect(targetsOf(rig)).toEqual(['high', 'mid']);
    expect(rig.trunk.statusOf('a')).toBe(200);
  });

  it('MUST end a sequence with a 6xx (RFC 3261 §16.7 step 5)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(device('low', '', 100), device('high', '', 900));
    rig.trunk.act = () => 603;
    send(rig, 'a', ['Request-Disposition: sequential']);
    await rig.run(200);
    expect(targetsOf(rig)).toEqual(['high']);
    expect(rig.trunk.statusOf('a')).toBe(603);
  });

  it('MUST end a sequence of silent devices within 6 s and store the message', async () => {
    const rig = await new RouterRig().start();
    await rig.register(...['a', 'b', 'c', 'd', 'e'].map((name, i) => device(name, '', 1_000 - i)));
    rig.trunk.act = () => 'silence';
    send(rig, 'm', ['Request-Disposition: sequential']);
    await rig.run(4_500);
    expect(targetsOf(rig)).toEqual(['a', 'b']);
    expect(rig.trunk.statusOf('m')).toBe(202);
    expect(await rig.mailCount()).toBe(1);
    // Out of the mailbox it goes to those that it has not tried yet.
    rig.trunk.act = () => 200;
    await rig.run(2_000);
    expect(targetsOf(rig)).toEqual(['a', 'b', 'c']);
  });

  it('MUST store the message when the time is over before all devices have been asked, though some have refused it', async () => {
    const rig = await new RouterRig().start();
    const names = ['a', 'b', 'c', 'd'];
    await rig.register(...names.map((name, i) => device(name, '', 1_000 - i)));
    rig.trunk.act = () => ({ status: 404, afterMs: 1_900 });
    send(rig, 'm', ['Request-Disposition: sequential']);
    await rig.run(5_800);
    expect(targetsOf(rig)).toEqual(['a', 'b', 'c']);
    expect(rig.trunk.statusOf('m')).toBe(202);
    expect(await rig.mailCount()).toBe(1);
  });

  it('MUST send to one device when asked not to fork (RFC 3841 §9.1)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(device('low', '', 100), device('high', '', 900));
    send(rig, 'a', ['Request-Disposition: no-fork']);
    await rig.run(100);
    expect(targetsOf(rig)).toEqual(['high']);
  });
});

describe('messages to a GRUU', () => {
  const ID = 'urn:uuid:00000000-0000-1000-8000-aabbccddeeff';
  const phone = device('phone', `;+sip.instance="<${ID}>"`);

  it('MUST go to that instance alone (RFC 5627 §5.1)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(device('desk', ''), phone);
    send(rig, 'a', [], `${AOR};gr=${ID}`);
    await rig.run(100);
    expect(targetsOf(rig)).toEqual(['phone']);
  });

  it('MUST be answered 480 while the instance is not there, and 404 when a temporary GRUU is over (RFC 5627 §5.1)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(device('desk', ''), { ...phone, gruuSinceMs: 36 });
    send(rig, 'absent', [], `${AOR};gr=urn:uuid:other`);
    send(rig, 'over', [], `${AOR};gr=${ID};gr-since=z`);
    send(rig, 'good', [], `${AOR};gr=${ID};gr-since=10`);
    await rig.run(100);
    expect(rig.trunk.sent).toEqual(['good']);
    expect([rig.trunk.statusOf('absent'), rig.trunk.statusOf('over')]).toEqual([480, 404]);
    expect(await rig.mailCount()).toBe(0);
  });

  it('MUST NOT tell strangers which users exist: an unknown user is answered as such', async () => {
    const rig = await new RouterRig({ openDomain: false }).start();
    const head = rig.headOf('a').replace(`MESSAGE ${AOR} `, `MESSAGE ${AOR};gr=${ID} `);
    rig.message('a', { head, flags: RecordFlag.AUTHENTICATED | RecordFlag.NO_STORE });
    await rig.run(100);
    expect(rig.trunk.statusOf('a')).toBe(404);
  });
});

describe('flows of one device (RFC 5626 §7)', () => {
  const flow = (regId: number, expiresAtMs: number): Partial<Binding> => ({
    ...device(`f${regId}`, ''),
    key: `<urn:uuid:1>;${regId}`,
    flowBound: true,
    expiresAtMs,
  });

  async function rigWithFlows(...regIds: number[]): Promise<RouterRig> {
    const rig = await new RouterRig().start();
    // The first is the newest.
    await rig.register(...regIds.map((regId, i) => flow(regId, 1e13 - i)));
    return rig;
  }

  it('MUST go on over the next flow when one is silent, and deliver within its budget', async () => {
    const rig = await rigWithFlows(1, 2);
    rig.trunk.act = ({ flowToken }) => (flowToken === 'e1.f1' ? 'silence' : 200);
    rig.message('a');
    await rig.run(1_999);
    expect(targetsOf(rig)).toEqual(['f1']);
    await rig.run(100);
    expect(targetsOf(rig)).toEqual(['f1', 'f2']);
    expect(rig.trunk.statusOf('a')).toBe(200);
    expect(await rig.mailCount()).toBe(0);
  });

  it('MUST skip a flow that is known to be silent while another is not', async () => {
    const rig = await rigWithFlows(1, 2);
    rig.trunk.act = ({ flowToken }) => (flowToken === 'e1.f1' ? 'silence' : 200);
    rig.message('a');
    await rig.run(2_100);
    rig.message('b');
    await rig.run(50);
    expect(targetsOf(rig)).toEqual(['f1', 'f2', 'f2']);
    expect(rig.trunk.statusOf('b')).toBe(200);
  });

  it('MUST keep the order when messages go on from a silent flow, those that wait their turn included', async () => {
    const rig = await rigWithFlows(1, 2);
    rig.trunk.act = ({ flowToken }) => (flowToken === 'e1.f1' ? 'silence' : 200);
    const ids = Array.from({ length: 40 }, (_, i) => `m${i}`);
    for (const id of ids.slice(0, 30)) {
      rig.message(id);
      await rig.run(5);
    }
    await rig.run(1_900);
    for (const id of ids.slice(30)) {
      rig.message(id);
      await rig.run(5);
    }
    await rig.run(2_000);
    const delivered = rig.trunk.deliveries.filter(({ flowToken }) => flowToken === 'e1.f2');
    expect(delivered.map(({ request }) => request.callId)).toEqual(ids);
    expect(await rig.mailCount()).toBe(0);
  });

  it('MUST NOT try further flows when the time is over, and store', async () => {
    const rig = await rigWithFlows(1, 2, 3, 4);
    rig.trunk.act = () => 'silence';
    rig.message('a');
    await rig.run(4_500);
    expect(targetsOf(rig)).toEqual(['f1', 'f2']);
    expect(rig.trunk.statusOf('a')).toBe(202);
    expect(await rig.mailCount()).toBe(1);
    // Out of the mailbox it goes to those that it has not tried yet.
    rig.trunk.act = () => 200;
    await rig.run(2_000);
    expect(targetsOf(rig)).toEqual(['f1', 'f2', 'f3']);
  });

  it('MUST NOT store what a silent flow answers after the next one has delivered it', async () => {
    const rig = await rigWithFlows(1, 2);
    rig.trunk.act = ({ flowToken }) =>
      flowToken === 'e1.f1' ? { status: 200, afterMs: 2_500 } : 200;
    rig.message('a');
    await rig.run(5_000);
    expect(rig.outcomes.map(({ outcome }) => outcome)).toEqual(['delivered']);
    expect(await rig.mailCount()).toBe(0);
  });

  it('a drain MUST go on over the next flow, too', async () => {
    const rig = await new RouterRig().start();
    rig.message('a');
    await rig.run(100);
    await rig.register(flow(1, 1e13), flow(2, 1e13 - 1));
    rig.trunk.act = ({ flowToken }) => (flowToken === 'e1.f1' ? 'silence' : 200);
    rig.registered();
    await rig.run(3_000);
    expect(targetsOf(rig)).toEqual(['f1', 'f2']);
    expect(await rig.mailCount()).toBe(0);
  });

  it.each([486, 480, 500, 503, 603])(
    'MUST NOT try another flow of a device that says %i',
    async (status) => {
      const rig = await rigWithFlows(1, 2);
      rig.trunk.act = () => status;
      rig.message('a');
      await rig.run(500);
      expect(targetsOf(rig)).toEqual(['f1']);
    },
  );
});
