// RFC 3841 §7.2: what a caller prefers, and how much a contact meets it.
import { lowerCase } from '../chars.ts';
import { H, type HeaderId } from '../header-name.ts';
import type { SipRequest } from '../message.ts';
import { type Params, parseHeaderParams } from '../params.ts';
import {
  areCompatible,
  type Feature,
  type FeatureSet,
  featureOf,
  featuresOf,
} from './feature-set.ts';

/** One Accept-Contact value. */
export type AcceptRule = {
  readonly features: FeatureSet;
  /** A contact that does not match is out of the question. */
  readonly isRequired: boolean;
  /** A contact has to say of itself that it matches. */
  readonly isExplicit: boolean;
};

/** What a request asks of the contacts it may be sent to. */
export type CallerPreferences = {
  readonly accept: readonly AcceptRule[];
  readonly reject: readonly FeatureSet[];
  /** The caller wrote them; else they follow from the method. */
  readonly areStated: boolean;
};

/** What Request-Disposition asks of proxies, as far as Hermod follows it: ADR 0017. */
export type RequestDisposition = {
  /** `no-fork`: one target and no more. */
  readonly isForked: boolean;
  /** `sequential`: one target after the other, not all at once. */
  readonly isSequential: boolean;
  /** `no-queue`: now or not at all. */
  readonly isQueued: boolean;
};

/** Values of Accept-Contact and Reject-Contact that are looked at, and feature values in all of them together: every one is compared
 *  with every contact. Preferences are wishes, so what is beyond is not refused but ignored. */
const MAX_RULES = 20;
const MAX_RULE_VALUES = 64;

const DEFAULT_DISPOSITION: RequestDisposition = {
  isForked: true,
  isSequential: false,
  isQueued: true,
};

/** Does the caller say which contacts it prefers? */
export function statesPreferences(request: SipRequest): boolean {
  return request.has(H.ACCEPT_CONTACT) || request.has(H.REJECT_CONTACT);
}

/** The preferences stated in a request, or the implicit ones of its method (RFC 3841 §7.2.1, §7.2.2). What cannot be parsed is ignored. */
export function preferencesOf(request: SipRequest): CallerPreferences {
  if (!statesPreferences(request)) {
    return { accept: [implicitRule(request)], reject: [], areStated: false };
  }
  const accept: AcceptRule[] = [];
  const reject: FeatureSet[] = [];
  const budget = { values: MAX_RULE_VALUES };
  for (const params of rulesOf(request, H.REJECT_CONTACT)) {
    const features = affordable(featuresOf(params), budget);
    if (features.length > 0) reject.push(features);
  }
  for (const params of rulesOf(request, H.ACCEPT_CONTACT)) {
    const features = affordable(featuresOf(params), budget);
    if (features.length === 0) continue;
    accept.push({
      features,
      isRequired: params.has('require'),
      isExplicit: params.has('explicit'),
    });
  }
  return { accept, reject, areStated: true };
}

/**
 * How well a contact meets the preferences: Qa.
 *
 * @param contact its feature parameters; with none it is immune, since nothing is known of it
 * @returns 0 … 1, or undefined when the contact is out of the question
 * @see RFC 3841 §7.2.4
 */
export function preferenceOf(
  contact: FeatureSet,
  preferences: CallerPreferences,
): number | undefined {
  if (contact.length === 0) return 1;
  for (const rule of preferences.reject) if (isRejected(contact, rule)) return undefined;
  let sum = 0;
  let scored = 0;
  for (const rule of preferences.accept) {
    const score = scoreOf(contact, rule.features);
    if (score === undefined) {
      if (rule.isRequired) return undefined;
      // It says nothing about this contact.
      continue;
    }
    if (score < 1 && rule.isExplicit && rule.isRequired) return undefined;
    scored += 1;
    if (score === 1 || !rule.isExplicit) sum += score;
  }
  if (preferences.accept.length === 0) return 1;
  return scored === 0 ? 0 : sum / scored;
}

/** What the caller asks of proxies; the default where it asks nothing.  @see RFC 3841 §9.1 */
export function dispositionOf(request: SipRequest): RequestDisposition {
  if (!request.has(H.REQUEST_DISPOSITION)) return DEFAULT_DISPOSITION;
  let { isForked, isSequential, isQueued } = DEFAULT_DISPOSITION;
  for (const directive of request.values(H.REQUEST_DISPOSITION)) {
    switch (directive.toLowerCase()) {
      case 'no-fork':
        isForked = false;
        break;
      case 'sequential':
        isSequential = true;
        break;
      case 'no-queue':
        isQueued = false;
        break;
      default:
        break;
    }
  }
  return { isForked, isSequential, isQueued };
}

// RFC 3841 §7.2.2: a contact that says which methods, or which events, it takes should be sent no other.
function implicitRule(request: SipRequest): AcceptRule {
  const { method } = request;
  const features: Feature[] = [tokenFeature('methods', method)];
  const event = method === 'SUBSCRIBE' ? request.get(H.EVENT) : undefined;
  if (event !== undefined) features.push(tokenFeature('events', event.split(';', 1)[0] ?? ''));
  return { features, isRequired: true, isExplicit: false };
}

function tokenFeature(tag: string, text: string): Feature {
  return { tag, values: [{ kind: 'token', isNegated: false, text: lowerCase(text.trim()) }] };
}

// ac-value = "*" *( SEMI ac-params ) ; rc-value = "*" *( SEMI rc-params )
function rulesOf(request: SipRequest, header: HeaderId): Params[] {
  const rules: Params[] = [];
  for (const value of request.values(header)) {
    if (value.charCodeAt(0) !== 42) continue;
    const params = parseHeaderParams(value, 1, value.length);
    if (params.ok) rules.push(params.value);
    if (rules.length === MAX_RULES) break;
  }
  return rules;
}

/** All features of a rule, or none when the budget has not as many values. */
function affordable(features: FeatureSet, budget: { values: number }): FeatureSet {
  let count = 0;
  for (const { values } of features) count += values.length;
  if (count > budget.values) return [];
  budget.values -= count;
  return features;
}

/** A rule rejects only a contact that speaks of all its features. */
function isRejected(contact: FeatureSet, rule: FeatureSet): boolean {
  for (const feature of rule) {
    const own = featureOf(contact, feature.tag);
    if (own === undefined || !areCompatible(feature, own)) return false;
  }
  return true;
}

/** The share of features that the contact speaks of; undefined when it contradicts one. */
function scoreOf(contact: FeatureSet, rule: FeatureSet): number | undefined {
  let present = 0;
  for (const feature of rule) {
    const own = featureOf(contact, feature.tag);
    if (own === undefined) continue;
    if (!areCompatible(feature, own)) return undefined;
    present += 1;
  }
  return rule.length === 0 ? 1 : present / rule.length;
}
