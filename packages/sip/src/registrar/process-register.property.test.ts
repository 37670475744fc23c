import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage, type SipRequest } from '../message.ts';
import { targetSet } from '../proxy/target-set.ts';
import { parseUri } from '../uri.ts';
import { sipUriEquals } from '../uri-equality.ts';
import { type Binding, DEFAULT_REGISTER_POLICY } from './binding.ts';
import { processRegister } from './process-register.ts';

type Step = {
  readonly contacts: readonly string[];
  readonly callId: string;
  readonly cseq: number;
  readonly path: string;
  readonly waitSec: number;
};

function request(step: Step): SipRequest {
  const head = [
    'REGISTER sip:example.com SIP/2.0',
    'From: <sip:bob@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    `Call-ID: ${step.callId}`,
    `CSeq: ${step.cseq} REGISTER`,
    `Path: ${step.path}`,
    ...step.contacts.map((contact) => `Contact: ${contact}`),
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return message.value;
}

// A small world, so that contacts meet: hosts, instances and flows repeat.
const contact = fc
  .record({
    user: fc.constantFrom('a', 'b', '%61'),
    host: fc.constantFrom('h', 'H', 'g:5060', 'x.invalid'),
    instance: fc.constantFrom('', ';+sip.instance="<urn:uuid:1>"', ';+sip.instance="<urn:uuid:2>"'),
    regId: fc.constantFrom('', '', ';reg-id=1', ';reg-id=2'),
    expires: fc.constantFrom('', ';expires=0', ';expires=60', ';expires=30', ';expires=9999999'),
  })
  .map((c) => `<sip:${c.user}@${c.host}>${c.instance}${c.regId}${c.expires}`);

const step: fc.Arbitrary<Step> = fc.record({
  contacts: fc.array(contact, { maxLength: 4 }),
  callId: fc.constantFrom('c1', 'c2'),
  cseq: fc.integer({ min: 1, max: 6 }),
  path: fc.constantFrom('<sip:t1@edge;lr;ob>', '<sip:t2@edge;lr>'),
  waitSec: fc.constantFrom(0, 0, 30, 70),
});

function uriOf(binding: Binding) {
  const uri = parseUri(binding.contact);
  if (!uri.ok || uri.value.kind !== 'sip') throw new Error('a contact that is no SIP URI');
  return uri.value;
}

describe('processRegister on any history', () => {
  it('MUST keep bindings unique, live and within bounds, and MUST change nothing unless it says 200', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        let bindings: readonly Binding[] = [];
        let nowMs = 1_000_000;
        for (const one of steps) {
          nowMs += one.waitSec * 1_000;
          const before = JSON.stringify(bindings);
          const result = processRegister(
            request(one),
            bindings,
            undefined,
            DEFAULT_REGISTER_POLICY,
            nowMs,
          );
          expect(JSON.stringify(bindings)).toBe(before);
          if (result.status !== 200) {
            expect(result.bindings).toBeUndefined();
            continue;
          }
          if (result.bindings !== undefined) bindings = result.bindings;
          const live = bindings.filter((binding) => binding.expiresAtMs > nowMs);
          if (result.bindings !== undefined) expect(live).toHaveLength(bindings.length);
          const rows = result.headers.filter((line) => line.startsWith('Contact: '));
          expect(rows).toHaveLength(live.length);
          expect(new Set(live.map((binding) => binding.key)).size).toBe(live.length);
          const plain = live.filter((binding) => binding.key === binding.contact);
          for (const [i, left] of plain.entries()) {
            for (const right of plain.slice(i + 1)) {
              expect(sipUriEquals(uriOf(left), uriOf(right))).toBe(false);
            }
          }
          // Every live binding is reached by some target: first, as a fallback, or because its URI is there already.
          const targets = targetSet(bindings, nowMs);
          const reached = targets.flatMap((target) => [target.binding, ...target.fallbacks]);
          for (const binding of live) {
            const isThere = reached.some(
              (other) => other === binding || sipUriEquals(uriOf(other), uriOf(binding)),
            );
            expect(isThere).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('MUST NOT throw on any Contact, Path or Expires text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'<>";,=*@:? %;[]sip1.0\\abc') });
    fc.assert(
      fc.property(text, text, text, (contactText, pathText, expiresText) => {
        const head = [
          'REGISTER sip:example.com SIP/2.0',
          'To: <sip:bob@example.com>',
          'Call-ID: c',
          'CSeq: 1 REGISTER',
          `Contact: ${contactText}`,
          `Path: ${pathText}`,
          `Expires: ${expiresText}`,
          '',
          '',
        ].join('\r\n');
        const message = parseMessage(head, new Uint8Array(0));
        if (!message.ok || message.value.kind !== 'request') throw new Error('broken');
        const result = processRegister(message.value, [], undefined, DEFAULT_REGISTER_POLICY, 0);
        expect([200, 400, 403, 423, 439]).toContain(result.status);
      }),
      { numRuns: 2_000 },
    );
  });
});
