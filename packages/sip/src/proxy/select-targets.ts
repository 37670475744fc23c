// RFC 3261 §16.5 for one request: its GRUU (RFC 5627 §5.1) and its caller's preferences (RFC 3841) narrow the target set.
import type { SipRequest } from '../message.ts';
import { parseHeaderParams } from '../params.ts';
import {
  dispositionOf,
  preferenceOf,
  preferencesOf,
  statesPreferences,
} from '../preferences/caller-preferences.ts';
import { featuresOf } from '../preferences/feature-set.ts';
import type { Binding } from '../registrar/binding.ts';
import { type GruuTarget, gruuTargetOf, isOfInstance } from '../registrar/gruu.ts';
import type { SipUri } from '../uri.ts';
import { isSips, SIPS_NOT_ALLOWED } from './sips.ts';
import { isUsable, type Target, targetSet } from './target-set.ts';

/** Where a request goes, and how. */
export type TargetSelection = {
  readonly targets: readonly Target[];
  /** Why no target is left of an AoR that exists: 404 for a temporary GRUU that is over, 480 for a device that is not there, when the
   *  caller's own preferences leave none, or when the Request-URI is sips and no contact is; 0 when there are targets, or when just nobody is registered. */
  readonly refusal: 0 | 404 | 480;
  /** What else to say with the refusal, a header line; undefined: nothing. */
  readonly warning?: string;
  /** One after the other in the order of `targets`, not all at once (RFC 3841 §9.1). */
  readonly isSequential: boolean;
};

/** Contacts that say which methods or events they take: all that a request without stated preferences has to be compared with. */
const LIMITS_METHODS = /;(?:methods|events)=/i;

/**
 * Choose the targets of one request. Costs next to nothing over {@link targetSet} for a request without preferences to contacts that
 * do not limit their methods.
 *
 * @param bindings all of the AoR, in any order
 * @param nowMs epoch milliseconds
 * @param uri of the AoR, or a GRUU that `resolveGruu` has resolved; undefined: the Request-URI
 */
export function selectTargets(
  request: SipRequest,
  bindings: readonly Binding[],
  nowMs: number,
  uri: SipUri | undefined = requestUriOf(request),
): TargetSelection {
  if (uri?.scheme === 'sips') return selectSecured(request, bindings, nowMs, uri);
  return selectFor(request, bindings, nowMs, uri);
}

// RFC 5630 §5.3: a request for a sips URI MUST NOT go to a contact that is not sips.
function selectSecured(
  request: SipRequest,
  bindings: readonly Binding[],
  nowMs: number,
  uri: SipUri,
): TargetSelection {
  const secured = bindings.filter(({ contact }) => isSips(contact));
  const selection = selectFor(request, secured, nowMs, uri);
  if (selection.targets.length > 0 || secured.length === bindings.length) return selection;
  if (selectFor(request, bindings, nowMs, uri).targets.length === 0) return selection;
  return { ...none(480), warning: SIPS_NOT_ALLOWED };
}

function selectFor(
  request: SipRequest,
  bindings: readonly Binding[],
  nowMs: number,
  uri: SipUri | undefined,
): TargetSelection {
  const gruu = uri === undefined ? undefined : gruuTargetOf(uri);
  if (gruu !== undefined) return selectInstance(request, bindings, gruu, nowMs);
  return selectPreferred(request, bindings, nowMs);
}

function requestUriOf({ uri }: SipRequest): SipUri | undefined {
  return uri.ok && uri.value.kind === 'sip' ? uri.value : undefined;
}

function selectInstance(
  request: SipRequest,
  bindings: readonly Binding[],
  gruu: GruuTarget,
  nowMs: number,
): TargetSelection {
  const own = bindings.filter((binding) => {
    return binding.expiresAtMs > nowMs && isOfInstance(binding, gruu);
  });
  const { sinceMs } = gruu;
  if (sinceMs !== undefined && !own.some((binding) => binding.gruuSinceMs === sinceMs)) {
    return none(404);
  }
  const selection = selectPreferred(request, own, nowMs);
  return selection.targets.length === 0 ? none(480) : selection;
}

function selectPreferred(
  request: SipRequest,
  bindings: readonly Binding[],
  nowMs: number,
): TargetSelection {
  const { method } = request;
  // Implicit preferences choose among contacts: a single one they leave as it is.
  if (!statesPreferences(request) && (bindings.length === 1 || !bindings.some(limitsMethods))) {
    return disposed(request, targetSet(bindings, nowMs, method));
  }
  const preferences = preferencesOf(request);
  const isMessage = method === 'MESSAGE';
  const preference = new Map<Binding, number>();
  let usable = 0;
  for (const binding of bindings) {
    if (!isUsable(binding, nowMs, isMessage)) continue;
    usable += 1;
    const qa = preferenceOf(featuresIn(binding), preferences);
    if (qa !== undefined) preference.set(binding, qa);
  }
  if (preference.size > 0) {
    return disposed(request, targetSet([...preference.keys()], nowMs, method, preference));
  }
  // RFC 3841 §7.2.4: what nobody has asked for must not leave a request without any target.
  if (!preferences.areStated) return disposed(request, targetSet(bindings, nowMs, method));
  return none(usable === 0 ? 0 : 480);
}

function limitsMethods(binding: Binding): boolean {
  return binding.params !== '' && LIMITS_METHODS.test(binding.params);
}

function featuresIn({ params }: Binding): ReturnType<typeof featuresOf> {
  const parsed = parseHeaderParams(params, 0, params.length);
  return parsed.ok ? featuresOf(parsed.value) : [];
}

function disposed(request: SipRequest, targets: readonly Target[]): TargetSelection {
  if (targets.length < 2) return { targets, refusal: 0, isSequential: false };
  const { isForked, isSequential } = dispositionOf(request);
  return isForked
    ? { targets, refusal: 0, isSequential }
    : { targets: targets.slice(0, 1), refusal: 0, isSequential: false };
}

function none(refusal: 0 | 404 | 480): TargetSelection {
  return { targets: [], refusal, isSequential: false };
}
