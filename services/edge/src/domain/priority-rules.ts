import { H, type SipRequest } from '@hermod/sip';
import type { AddressSet, Flow } from '../ports.ts';
import { proofOn } from './authentication/sender.ts';

/** Whose Resource-Priority counts. Of anybody else it is ignored, and passed on as it is.  @see RFC 4412 §3.1, §11 */
export class PriorityRules {
  readonly #users: readonly string[];
  readonly #addresses: AddressSet;

  /** @param users canonical AoRs */
  constructor(users: readonly string[], addresses: AddressSet) {
    this.#users = users;
    this.#addresses = addresses;
  }

  /** Does this request come before others? */
  isPrior(flow: Flow, request: SipRequest): boolean {
    if (!request.has(H.RESOURCE_PRIORITY)) return false;
    if (this.#addresses.has(flow.remote.address)) return true;
    return this.#users.some((aor) => proofOn(flow, aor) !== undefined);
  }
}
