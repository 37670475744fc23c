import {
  equalsInConstantTime,
  H,
  type Mac,
  type NameAddr,
  type Parsed,
  parseNameAddr,
  type SipRequest,
} from '@hermod/sip';
import type { RouteSet } from './route-set.ts';

/** Parameter of the Record-Route value that a called client sends its requests by. */
const PROOF_PARAM = 'dp';

/**
 * Proofs that a client was called in a dialog, written into the Record-Route that it is called with, and kept nowhere else (ADR 0013).
 *
 * The From of whoever was called is what the caller had in To (RFC 3261 §12.2.1.1): perhaps a GRUU, a `tel:` URI, an address, or the name of
 * somebody who has forwarded the call. It says nothing of who sent the request, and nobody could prove to be it. A proof stands for the dialog
 * it was written in, for that From, and for the way back to the caller: it leads nowhere else.
 */
export class DialogProofs {
  readonly #mac: Mac;

  /** @param mac whose secret makes all edges one that have it */
  constructor(mac: Mac) {
    this.#mac = mac;
  }

  /** @param request on its way to a client  @param recorded the Record-Route values that this edge adds, topmost first
   *  @returns `recorded`, the first of them with a proof for whoever gets the request; as they are when the rest of the Route could not be read */
  prove(request: SipRequest, recorded: readonly [string, string]): readonly [string, string] {
    const { callId, to, from } = request;
    const [first, second] = recorded;
    const route = [first, second, ...request.values(H.RECORD_ROUTE)];
    const proof = this.#proofOf(callId, to, from, route);
    return proof === undefined
      ? recorded
      : [`${first.slice(0, -1)};${PROOF_PARAM}=${proof}>`, second];
  }

  /** Was the sender of this request called in its dialog, by the URI in its From, from where it sends it to now? */
  isCalled(request: SipRequest, { ownRoute, ownIndex }: RouteSet): boolean {
    const proof = ownRoute?.params.getText(PROOF_PARAM);
    if (proof === undefined || ownIndex < 0) return false;
    const { callId, to, from } = request;
    const want = this.#proofOf(callId, from, to, request.values(H.ROUTE).slice(ownIndex));
    return want !== undefined && equalsInConstantTime(proof, want);
  }

  /** @param called To of what the caller sends, From of what it is sent  @param caller the other of the two
   *  @param route from this edge's value for the called client on to the caller */
  #proofOf(
    callId: string,
    called: Parsed<NameAddr>,
    caller: Parsed<NameAddr>,
    route: readonly string[],
  ): string | undefined {
    const name = called.ok ? nameOf(called.value) : undefined;
    const tag = caller.ok ? caller.value.tag : undefined;
    if (name === undefined || tag === undefined) return undefined;
    let text = `${callId}\n${name}\n${tag}`;
    for (const value of route) {
      const hop = parseNameAddr(value);
      const hopName = hop.ok ? nameOf(hop.value) : undefined;
      if (hopName === undefined) return undefined;
      text += `\n${hopName}`;
    }
    return this.#mac.mac(text);
  }
}

/** What makes a URI the same after a device has written it anew: parameters may come in another order.
 *  @returns undefined when it cannot be read */
function nameOf({ uri, uriText }: NameAddr): string | undefined {
  if (!uri.ok) return undefined;
  if (uri.value.kind !== 'sip') return uriText;
  const { user, host, port } = uri.value;
  return `sip:${user ?? ''}@${host}:${port ?? ''}`;
}
