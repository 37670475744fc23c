// RFC 3840 §9: feature parameters of a Contact, an Accept-Contact or a Reject-Contact; RFC 3841 §8: the predicates they stand for.
import { lowerCase } from '../chars.ts';
import { type Params, unquote } from '../params.ts';

/** One value that a feature may, or (negated) may not, have. */
export type FeatureValue = {
  readonly isNegated: boolean;
} & (
  | {
      readonly kind: 'token';
      /** Lower case; a Boolean is `true` or `false`, never negated. */
      readonly text: string;
    }
  | { readonly kind: 'string'; readonly text: string }
  /** Both ends are in it. */
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
);

/** A feature tag with its values: a predicate that holds when one of the values does. */
export type Feature = {
  /** Lower case, as in the header: `audio`, `methods`, `+sip.instance`. */
  readonly tag: string;
  readonly values: readonly FeatureValue[];
};

/** A conjunction of features. */
export type FeatureSet = readonly Feature[];

/** The tags that stand without "+" (RFC 3840 §9, base-tags). */
const BASE_TAGS: ReadonlySet<string> = new Set([
  'actor',
  'application',
  'audio',
  'automata',
  'class',
  'control',
  'data',
  'description',
  'duplex',
  'events',
  'extensions',
  'isfocus',
  'language',
  'methods',
  'mobility',
  'priority',
  'schemes',
  'text',
  'type',
  'video',
]);
/** Values of one tag that are looked at: each of a caller's is compared with each of a contact's. */
const MAX_VALUES = 32;

const TRUE: FeatureValue = { kind: 'token', isNegated: false, text: 'true' };
const FALSE: FeatureValue = { kind: 'token', isNegated: false, text: 'false' };

/** The feature parameters among header parameters; others, and values that cannot be read, are left out. */
export function featuresOf(params: Params): FeatureSet {
  const features: Feature[] = [];
  for (const { name, value } of params.entries) {
    const tag = lowerCase(name);
    if (tag.charCodeAt(0) !== 43 && !BASE_TAGS.has(tag)) continue;
    const values = value === true ? [TRUE] : parseValues(unquote(value));
    if (values.length > 0) features.push({ tag, values });
  }
  return features;
}

/** The feature with that tag. @param tag lower case */
export function featureOf(set: FeatureSet, tag: string): Feature | undefined {
  for (const feature of set) if (feature.tag === tag) return feature;
  return undefined;
}

/** Can both predicates hold at once?  @see RFC 2533 §5, RFC 3841 §7.2.4 */
export function areCompatible(a: Feature, b: Feature): boolean {
  for (const one of a.values) {
    for (const other of b.values) if (mayBeSame(one, other)) return true;
  }
  return false;
}

// enc-feature-tag [ EQUAL LDQUOT ( tag-value-list / string-value ) RDQUOT ]
// string-value = "<" *( qdtext-no-abkt / quoted-pair ) ">" ; tag-value-list = tag-value *( "," tag-value )
function parseValues(text: string): FeatureValue[] {
  if (text.charCodeAt(0) === 60) {
    const end = text.lastIndexOf('>');
    return end === -1 ? [] : [{ kind: 'string', isNegated: false, text: text.slice(1, end) }];
  }
  const values: FeatureValue[] = [];
  for (let from = 0; from <= text.length && values.length < MAX_VALUES; ) {
    const comma = text.indexOf(',', from);
    const end = comma === -1 ? text.length : comma;
    const value = parseValue(text.slice(from, end).trim());
    if (value !== undefined) values.push(value);
    from = end + 1;
  }
  return values;
}

// tag-value = [ "!" ] ( token-nobang / boolean / numeric ) ; numeric = "#" numeric-relation number
function parseValue(text: string): FeatureValue | undefined {
  const isNegated = text.charCodeAt(0) === 33;
  const plain = lowerCase(isNegated ? text.slice(1) : text);
  if (plain === '') return undefined;
  if (plain === 'true') return isNegated ? FALSE : TRUE;
  if (plain === 'false') return isNegated ? TRUE : FALSE;
  if (plain.charCodeAt(0) !== 35) return { kind: 'token', isNegated, text: plain };
  const range = parseRange(plain.slice(1));
  return range && { kind: 'number', isNegated, min: range[0], max: range[1] };
}

// numeric-relation = ">=" / "<=" / "=" / ( number ":" )
function parseRange(text: string): readonly [number, number] | undefined {
  const found = /^(?:(>=|<=|=)|([+-]?\d+(?:\.\d*)?):)([+-]?\d+(?:\.\d*)?)$/.exec(text);
  if (found === null) return undefined;
  const [, relation, from, to] = found;
  const bound = Number(to);
  if (relation === '>=') return [bound, Number.POSITIVE_INFINITY];
  if (relation === '<=') return [Number.NEGATIVE_INFINITY, bound];
  return [relation === '=' ? bound : Number(from), bound];
}

function mayBeSame(a: FeatureValue, b: FeatureValue): boolean {
  if (a.isNegated && b.isNegated) return true;
  if (a.isNegated) return !isWithin(b, a);
  if (b.isNegated) return !isWithin(a, b);
  if (a.kind === 'number') return b.kind === 'number' && a.min <= b.max && b.min <= a.max;
  return a.kind === b.kind && a.text === b.text;
}

function isWithin(inner: FeatureValue, outer: FeatureValue): boolean {
  if (inner.kind === 'number') {
    return outer.kind === 'number' && inner.min >= outer.min && inner.max <= outer.max;
  }
  return inner.kind === outer.kind && inner.text === outer.text;
}
