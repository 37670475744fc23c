import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHeaderParams } from '../params.ts';
import { areCompatible, type Feature, featuresOf } from './feature-set.ts';

function features(text: string) {
  const params = parseHeaderParams(text, 0, text.length);
  if (!params.ok) throw new Error('test parameters are broken');
  return featuresOf(params.value);
}

function one(text: string): Feature {
  const [feature] = features(text);
  if (feature === undefined) throw new Error('no feature');
  return feature;
}

const compatible = (a: string, b: string): boolean => areCompatible(one(a), one(b));

describe('featuresOf', () => {
  it('MUST take base tags and tags with "+", in any case, and leave other parameters out (RFC 3840 §9)', () => {
    const text = ';q=0.5;Audio;expires=60;METHODS="INVITE,BYE";+sip.instance="<urn:x>";reg-id=1';
    expect(features(text).map(({ tag }) => tag)).toEqual(['audio', 'methods', '+sip.instance']);
  });

  it('MUST read token lists, Booleans, strings and numbers (RFC 3840 §9)', () => {
    expect(
      one(';methods="INVITE, bye"').values.map((value) => 'text' in value && value.text),
    ).toEqual(['invite', 'bye']);
    expect(one(';audio').values).toEqual(one(';audio="TRUE"').values);
    expect(one(';audio="!TRUE"').values).toEqual(one(';audio="FALSE"').values);
    expect(one(';+a="<Straße, one>"').values).toEqual([
      { kind: 'string', isNegated: false, text: 'Straße, one' },
    ]);
    expect(one(';+a="#>=3,!#1:2.5,#=-4"').values).toEqual([
      { kind: 'number', isNegated: false, min: 3, max: Number.POSITIVE_INFINITY },
      { kind: 'number', isNegated: true, min: 1, max: 2.5 },
      { kind: 'number', isNegated: false, min: -4, max: -4 },
    ]);
  });

  it('MUST leave out values that cannot be read, and bound what is read', () => {
    expect(features(';+a="#x";+b="<open";+c="";audio')).toHaveLength(1);
    expect(one(`;methods="${'A,'.repeat(1_000)}"`).values).toHaveLength(32);
  });

  it('MUST NOT throw on any value', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'#<>!,=:.+-059aT') }), (value) => {
        const [feature] = features(`;+a="${value}"`);
        if (feature !== undefined) expect(areCompatible(feature, feature)).toBeTypeOf('boolean');
      }),
    );
  });
});

describe('areCompatible', () => {
  it.each([
    [';methods="INVITE"', ';methods="bye,invite"', true],
    [';methods="MESSAGE"', ';methods="BYE,INVITE"', false],
    [';audio', ';audio="FALSE"', false],
    [';mobility="!fixed"', ';mobility="fixed"', false],
    [';mobility="!fixed"', ';mobility="mobile"', true],
    [';mobility="fixed,!fixed"', ';mobility="fixed"', true],
    [';language="!en"', ';language="!en"', true],
    [';+a="<Text>"', ';+a="<text>"', false],
    [';+a="<text>"', ';+a="text"', false],
    [';priority="#>=3"', ';priority="#<=2"', false],
    [';priority="#2:5"', ';priority="#5:9"', true],
    [';priority="!#2:5"', ';priority="#3:4"', false],
    [';priority="!#2:5"', ';priority="#3:6"', true],
    [';priority="#=1"', ';priority="1"', false],
    [';priority="!#=1"', ';priority="1"', true],
  ])('%s and %s: %s (RFC 2533 §5)', (a, b, expected) => {
    expect(compatible(a, b)).toBe(expected);
    expect(compatible(b, a)).toBe(expected);
  });
});
