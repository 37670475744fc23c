import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../message.ts';
import type { Binding } from '../registrar/binding.ts';
import { selectTargets } from './select-targets.ts';
import { targetSet } from './target-set.ts';

const NOW = 1_000_000;

// Pieces that make rules, and pieces that break them.
const piece = fc.constantFrom(
  ...['*', ';', ',', '"', '=', ';audio', ';video', ';methods="MESSAGE"', ';methods="INVITE,!BYE"'],
  ...[';require', ';explicit', ';+a="<x>"', ';priority="#>=3"', ';priority="#1:2"', '\\', '<', '>'],
);
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
const header = fc
  .tuple(fc.constantFrom('Accept-Contact', 'Reject-Contact', 'a', 'j', 'd'), text)
  .map(([name, value]) => `${name}: ${value}`);

const binding = fc
  .record({
    n: fc.nat(3),
    params: text,
    q: fc.constantFrom(0, 500, 1_000),
    lifeMs: fc.constantFrom(0, 1_000, 2_000),
    refusesMessage: fc.boolean(),
  })
  .map(({ n, params, q, lifeMs, refusesMessage }): Binding => {
    const contact = `sip:u${n}@h`;
    return {
      ...{ key: contact, contact, params, q, callId: 'c', cseq: 1, expiresAtMs: NOW + lifeMs },
      ...{ path: [], flowToken: '', flowBound: false, refusesMessage, gruuSinceMs: 0 },
    };
  });

describe('selectTargets on any request and contacts', () => {
  it('MUST choose from the target set, in its order of q, and refuse only where a wish was stated', () => {
    fc.assert(
      fc.property(
        fc.array(header, { maxLength: 4 }),
        fc.array(binding, { maxLength: 5 }),
        fc.constantFrom('MESSAGE', 'INVITE', 'SUBSCRIBE', '!odd'),
        (headers, bindings, method) => {
          const head = [`${method} sip:user@h SIP/2.0`, `CSeq: 1 ${method}`, ...headers, '', ''];
          const parsed = parseMessage(head.join('\r\n'), new Uint8Array(0));
          if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('broken');
          const all = targetSet(bindings, NOW, method);
          const { targets, refusal } = selectTargets(parsed.value, bindings, NOW);
          const isStated = headers.some((line) => /^(Accept|Reject|a|j)\b/.test(line));
          if (all.length === 0) expect([targets, refusal]).toEqual([[], 0]);
          else if (targets.length === 0) expect([isStated, refusal]).toEqual([true, 480]);
          else expect(refusal).toBe(0);
          for (const { binding: chosen } of targets) expect(bindings).toContain(chosen);
          const qs = targets.map((target) => target.binding.q);
          expect(qs).toEqual(qs.toSorted((a, b) => b - a));
        },
      ),
      { numRuns: 3_000 },
    );
  });
});
