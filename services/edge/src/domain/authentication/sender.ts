import { type DigestAlgorithm, H, type SipRequest, type TokenError } from '@hermod/sip';
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
  /** Whose credentials end here; undefined: nobody's. */
  readonly protection: Protection | undefined;
};

/** What credentials are for an element, and go no further. */
export type Protection = {
  /** Of digests. */
  readonly realm: string;
  /** Access tokens do not say for whom they are: all of them. */
  readonly takesTokens: boolean;
};

/** The sender of any request of an edge that asks nobody. */
export const ANYBODY: Sender = { ok: true, aor: '', assertion: undefined, protection: undefined };

/** A user of another domain, who was let in without proof: the same to us as anybody, but not to be told what only users of ours may know. */
export const SOMEBODY_ELSE: Sender = { ...ANYBODY };

/** The right digest: good for as long as the hash is in its user's credential. */
export type DigestEvidence = NamedUser & {
  readonly by: 'digest';
  readonly algorithm: DigestAlgorithm;
  readonly ha1: string;
};

/** An access token: good until it expires. */
export type TokenEvidence = {
  readonly by: 'token';
  readonly aor: string;
  readonly expiresAtMs: number;
};

/** By what a user has proved itself. */
export type Evidence = DigestEvidence | TokenEvidence;

/** What was shown proves nothing: it has to be something better. */
export type Refused = {
  readonly ok: 'refused';
  /** Of a digest: its nonce is over. */
  readonly isStale: boolean;
  /** What is wrong with the token that was shown. */
  readonly tokenError: TokenError | undefined;
};

/** What a user has proved, and what follows. */
export type Proof = Evidence & { readonly sender: Sender };

/** Users of one flow that need not prove themselves again: accounts of one device. The oldest goes when there are more. */
const MAX_PROOFS_PER_FLOW = 8;

/** A user who has proved to be who it is. */
export function provenSender(aor: string, protection: Protection): Sender {
  return { ok: true, aor, assertion: `P-Asserted-Identity: <${aor}>`, protection };
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
  const others = state.proofs.filter(({ aor }) => aor !== proof.aor);
  state.proofs = [...others.slice(1 - MAX_PROOFS_PER_FLOW), proof];
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
