import { parseNameAddr } from '../name-addr.ts';

/** One contact of an address-of-record, as registered (RFC 3261 §10, RFC 3327, RFC 5626). Immutable. */
export type Binding = {
  /** Identity within the AoR: with outbound `<instance>;reg-id` (it begins with "<" if the instance is a URN, and holds a ";"), else the contact URI text. */
  readonly key: string;
  /** URI text, without angle brackets. */
  readonly contact: string;
  /** Header parameters to echo, in wire form with a leading ";" each, without `expires`. */
  readonly params: string;
  /** 0 … 1000 (thousandths); 1000 when none was given. */
  readonly q: number;
  readonly callId: string;
  readonly cseq: number;
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
  /** Path URI texts, topmost first: the Route of a request to this contact. */
  readonly path: readonly string[];
  /** User part of `path[0]`, '' if there is none. */
  readonly flowToken: string;
  /** True when the contact can be reached over its flow only: the binding ends with the flow (design §7). */
  readonly flowBound: boolean;
  /** It answered 405 or 501 to MESSAGE: out of the target set until it registers again. */
  readonly refusesMessage: boolean;
  /** Since when its temporary GRUUs are good: the registration that began it, or the last one with a new Call-ID, epoch milliseconds.
   *  0: the device has not asked for GRUUs.  @see RFC 5627 §5.1 */
  readonly gruuSinceMs: number;
};

/** The instance id of a binding's device, as its `+sip.instance` has it; '' when it gives none. */
export function instanceOf(binding: Binding): string {
  // With outbound the key begins with the instance; a device may also give it without reg-id (RFC 5627).
  if (binding.key !== binding.contact) return binding.key.slice(0, binding.key.lastIndexOf(';'));
  if (!binding.params.includes('instance')) return '';
  const address = parseNameAddr(`<${binding.contact}>${binding.params}`);
  return address.ok ? (address.value.params.getText('+sip.instance') ?? '') : '';
}

/** Where edges may open connections to by what a device says of itself, beyond the address it registered from. */
export interface ContactNetworks {
  /** @param host of a Contact or Path URI: an address, IPv6 in brackets as RFC 5952 writes it, or a lower-case name, which is judged where it is resolved
   *  @returns false: certainly not there */
  mayHold(host: string): boolean;
}

/** What a registrar allows. Seconds. */
export type RegisterPolicy = {
  /** For a contact that asks for nothing. */
  readonly defaultExpiresSec: number;
  /** Less than this is refused with 423 (if it is also less than an hour, RFC 3261 §10.3 step 7). */
  readonly minExpiresSec: number;
  /** More than this is shortened. */
  readonly maxExpiresSec: number;
  /** Bindings per AoR. */
  readonly maxContacts: number;
  /** Keepalive interval told to devices that use outbound (RFC 5626 §4.4.1), on streams and on datagram flows. */
  readonly flowTimerSec: number;
  readonly datagramFlowTimerSec: number;
  readonly contactNetworks: ContactNetworks;
};

/** The values of the design: an hour, a minute, a day, ten contacts; the keepalive intervals of RFC 5626 §4.4.1 and §4.4.2; no contact but
 *  where its device is. */
export const DEFAULT_REGISTER_POLICY: RegisterPolicy = {
  defaultExpiresSec: 3_600,
  minExpiresSec: 60,
  maxExpiresSec: 86_400,
  maxContacts: 10,
  flowTimerSec: 120,
  datagramFlowTimerSec: 29,
  contactNetworks: { mayHold: () => false },
};
