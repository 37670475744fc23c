import { H, type SipRequest } from '@hermod/sip';
import type { Flow } from '../../ports.ts';
import { flowState } from '../flow-state.ts';

/** Who a request is from, as far as this edge knows. */
export type Sender = {
  readonly ok: true;
  /** Canonical AoR that was proved; '' where nobody has to prove anything (`HERMOD_AUTH=open`). */
  readonly aor: string;
  /** What other elements of the cluster are told, a whole line; undefined: nothing (RFC 3325 §9.1). */
  readonly assertion: string | undefined;
  /** The realm whose credentials end here; undefined: none. */
  readonly realm: string | undefined;
};

/** The sender of any request of an edge that asks nobody. */
export const ANYBODY: Sender = { ok: true, aor: '', assertion: undefined, realm: undefined };

/** A user of another domain, who was let in without proof: the same to us as anybody, but not to be told what only users of ours may know. */
export const SOMEBODY_ELSE: Sender = { ...ANYBODY };

/** Users of one flow that need not prove themselves again: accounts of one device. The oldest goes when there are more. */
const MAX_SENDERS_PER_FLOW = 8;

/** A user who has proved to be who it is. */
export function provenSender(aor: string, realm: string): Sender {
  return { ok: true, aor, assertion: `P-Asserted-Identity: <${aor}>`, realm };
}

/** Does everything on this flow come from the client itself? Only then does what was proved on it hold for what follows: a datagram's source
 *  address proves nothing, and the connection of a proxy carries requests of many. */
export function isOwnFlow(flow: Flow, request: SipRequest): boolean {
  return flow.reliable && request.hasOneValue(H.VIA);
}

/** The sender with that AoR who has proved itself on this flow. */
export function senderOn(flow: Flow, aor: string): Sender | undefined {
  const { senders } = flowState(flow);
  for (let i = 0; i < senders.length; i += 1) if (senders[i]?.aor === aor) return senders[i];
  return undefined;
}

/** Whoever proved itself on this flow last. */
export function lastSenderOn(flow: Flow): Sender | undefined {
  return flowState(flow).senders.at(-1);
}

/** From now on the flow speaks for this sender, until it closes. */
export function rememberSender(flow: Flow, sender: Sender): void {
  const state = flowState(flow);
  state.senders = [...state.senders.slice(1 - MAX_SENDERS_PER_FLOW), sender];
}

/** A user of ours has proved something on this flow, of whatever kind it is. */
export function rememberProof(flow: Flow): void {
  flowState(flow).hasProof = true;
}
