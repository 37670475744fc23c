import { type DigestAlgorithm, H, type SipRequest } from '@hermod/sip';
import type { Flow } from '../../ports.ts';
import { flowState } from '../flow-state.ts';
import type { NamedUser } from './user-name.ts';

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

/** By what a user has proved itself: good for as long as that is in its credential. */
export type Proof = NamedUser & {
  readonly sender: Sender;
  readonly algorithm: DigestAlgorithm;
  readonly ha1: string;
};

/** Users of one flow that need not prove themselves again: accounts of one device. The oldest goes when there are more. */
const MAX_PROOFS_PER_FLOW = 8;

/** A user who has proved to be who it is. */
export function provenSender(aor: string, realm: string): Sender {
  return { ok: true, aor, assertion: `P-Asserted-Identity: <${aor}>`, realm };
}

/** Does everything on this flow come from the client itself? Only then does what was proved on it hold for what follows: a datagram's source
 *  address proves nothing, and the connection of a proxy carries requests of many. */
export function isOwnFlow(flow: Flow, request: SipRequest): boolean {
  return flow.reliable && request.hasOneValue(H.VIA);
}

/** The proof of that AoR on this flow. */
export function proofOn(flow: Flow, aor: string): Proof | undefined {
  const { proofs } = flowState(flow);
  for (let i = 0; i < proofs.length; i += 1) if (proofs[i]?.aor === aor) return proofs[i];
  return undefined;
}

/** The last proof on this flow. */
export function lastProofOn(flow: Flow): Proof | undefined {
  return flowState(flow).proofs.at(-1);
}

/** From now on the flow speaks for this sender, until it closes or the proof is forgotten. */
export function rememberProof(flow: Flow, proof: Proof): void {
  const state = flowState(flow);
  state.proofs = [...state.proofs.slice(1 - MAX_PROOFS_PER_FLOW), proof];
  state.source = undefined;
}

/** The credential of its sender is another one now, or gone. */
export function forgetProof(flow: Flow, proof: Proof): void {
  const state = flowState(flow);
  state.proofs = state.proofs.filter((one) => one !== proof);
  state.source = undefined;
}

/** A user of ours has proved something on this flow, of whatever kind it is. */
export function markAsProved(flow: Flow): void {
  flowState(flow).hasProof = true;
}
