// RFC 3261 §16.5 and RFC 5626 §7: from the bindings of an AoR to the targets of a fork.
import { type Binding, instanceOf } from '../registrar/binding.ts';
import { parseUri } from '../uri.ts';
import { sipUriEquals } from '../uri-equality.ts';

/** One device to send to. */
export type Target = {
  readonly binding: Binding;
  /** Other flows to the same instance, newest first: to be tried one after the other when the one before answers 430 or 408 or is
   *  lost, never at the same time (RFC 5626 §7). */
  readonly fallbacks: readonly Binding[];
};

const NO_FALLBACKS: readonly Binding[] = [];

/**
 * Choose the targets of a request: expired bindings are dropped, and for a MESSAGE those that refuse it; of one instance only the newest flow is a target
 * and the others its fallbacks; a URI comes once, by URI equality (§19.1.4), except for devices that are told apart by instance.
 *
 * @param bindings all of one AoR, in any order
 * @param nowMs epoch milliseconds; a binding that expires now is expired
 * @param method of the request
 * @param preference of each binding, the more the better; decides between equal q (RFC 3841 §7.2.4)
 * @returns targets by falling q, then preference, then newest first; empty when nobody can be reached
 */
export function targetSet(
  bindings: readonly Binding[],
  nowMs: number,
  method = 'MESSAGE',
  preference?: ReadonlyMap<Binding, number>,
): readonly Target[] {
  const isMessage = method === 'MESSAGE';
  // The common case, one device, without any parsing.
  if (bindings.length === 1) {
    const only = bindings[0];
    if (only === undefined || !isUsable(only, nowMs, isMessage)) return [];
    return [{ binding: only, fallbacks: NO_FALLBACKS }];
  }
  const usable: Binding[] = [];
  for (const binding of bindings) if (isUsable(binding, nowMs, isMessage)) usable.push(binding);
  usable.sort(byNewest);
  const targets: { binding: Binding; instance: string; fallbacks: Binding[] }[] = [];
  for (const binding of usable) {
    const instance = instanceOf(binding);
    let known = false;
    for (const target of targets) {
      if (instance !== '' && target.instance === instance) {
        target.fallbacks.push(binding);
        known = true;
        break;
      }
      // Two devices behind two NATs may have the same private contact address; their instances tell them apart.
      const mayBeOne = instance === '' || target.instance === '';
      if (mayBeOne && sameContact(target.binding, binding)) {
        known = true;
        break;
      }
    }
    if (!known) targets.push({ binding, instance, fallbacks: [] });
  }
  return targets.sort((a, b) => {
    const byQ = b.binding.q - a.binding.q;
    if (byQ !== 0 || preference === undefined) return byQ;
    return (preference.get(b.binding) ?? 0) - (preference.get(a.binding) ?? 0);
  });
}

/** May a request be sent to a binding at all?  @param isMessage of a MESSAGE, which a binding may have refused for good */
export function isUsable(binding: Binding, nowMs: number, isMessage: boolean): boolean {
  return binding.expiresAtMs > nowMs && !(isMessage && binding.refusesMessage);
}

// The time of registration is not kept; with equal lifetimes, the later expiry is the later registration.
function byNewest(a: Binding, b: Binding): number {
  return b.expiresAtMs - a.expiresAtMs;
}

function sameContact(a: Binding, b: Binding): boolean {
  if (a.contact === b.contact) return true;
  const left = parseUri(a.contact);
  const right = parseUri(b.contact);
  if (!left.ok || !right.ok || left.value.kind !== 'sip' || right.value.kind !== 'sip')
    return false;
  return sipUriEquals(left.value, right.value);
}
