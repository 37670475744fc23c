import { describe, expect, it } from 'vitest';
import { bindingOf } from '../../testdata/binding.ts';
import type { Binding } from '../registrar/binding.ts';
import { targetSet } from './target-set.ts';

const NOW = 1_000_000;

function binding(contact: string, changes: Partial<Binding> = {}): Binding {
  return bindingOf(contact, NOW + 60_000, changes);
}

const contacts = (bindings: readonly Binding[]): string[] =>
  targetSet(bindings, NOW).map((target) => target.binding.contact);

describe('targetSet', () => {
  it('MUST drop expired bindings and those that refuse MESSAGE', () => {
    expect(contacts([])).toEqual([]);
    expect(contacts([binding('sip:a@h', { expiresAtMs: NOW })])).toEqual([]);
    expect(contacts([binding('sip:a@h', { refusesMessage: true })])).toEqual([]);
    expect(
      contacts([
        binding('sip:a@h', { expiresAtMs: NOW - 1 }),
        binding('sip:b@h', { refusesMessage: true }),
        binding('sip:c@h', { expiresAtMs: NOW + 1 }),
      ]),
    ).toEqual(['sip:c@h']);
  });

  it('MUST keep a device that refuses MESSAGE as target of every other method', () => {
    const refusing = [
      binding('sip:a@h', { refusesMessage: true }),
      binding('sip:b@h', { refusesMessage: true }),
    ];
    expect(targetSet(refusing.slice(1), NOW, 'INVITE')).toHaveLength(1);
    expect(targetSet(refusing, NOW, 'INVITE')).toHaveLength(2);
  });

  it('MUST NOT hold more than one contact per instance; the newest flow first, the others behind it (RFC 5626 §7)', () => {
    const instance = '<urn:uuid:1>';
    const targets = targetSet(
      [
        binding('sip:old@h', { key: `${instance};1`, expiresAtMs: NOW + 1_000 }),
        binding('sip:new@h', { key: `${instance};2`, expiresAtMs: NOW + 3_000 }),
        binding('sip:mid@h', {
          params: ';+sip.instance="<urn:uuid:1>"',
          expiresAtMs: NOW + 2_000,
        }),
        binding('sip:other@h', { key: '<urn:uuid:2>;1', expiresAtMs: NOW + 500 }),
      ],
      NOW,
    );
    expect(targets.map((target) => target.binding.contact)).toEqual(['sip:new@h', 'sip:other@h']);
    expect(targets[0]?.fallbacks.map((fallback) => fallback.contact)).toEqual([
      'sip:mid@h',
      'sip:old@h',
    ]);
    expect(targets[1]?.fallbacks).toEqual([]);
  });

  it('MUST hold each URI once, by URI equality (RFC 3261 §16.5, §19.1.4)', () => {
    expect(
      contacts([
        binding('sip:%61@H:5060;x=1', { expiresAtMs: NOW + 2 }),
        binding('sip:a@h:5060', { expiresAtMs: NOW + 1 }),
        binding('sip:a@h', { expiresAtMs: NOW + 1 }),
      ]),
    ).toEqual(['sip:%61@H:5060;x=1', 'sip:a@h']);
  });

  it('MUST keep two instances with the same private contact address apart (RFC 5626 §6)', () => {
    expect(
      contacts([
        binding('sip:a@10.0.0.1', { key: '<urn:uuid:1>;1' }),
        binding('sip:a@10.0.0.1', { key: '<urn:uuid:2>;1' }),
      ]),
    ).toHaveLength(2);
  });

  it('MUST order by falling q (RFC 3261 §16.6)', () => {
    expect(
      contacts([
        binding('sip:low@h', { q: 100, expiresAtMs: NOW + 9_000 }),
        binding('sip:high@h', { q: 900 }),
        binding('sip:top@h'),
      ]),
    ).toEqual(['sip:top@h', 'sip:high@h', 'sip:low@h']);
  });
});
