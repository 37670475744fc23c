// RFC 3327: the Path of a REGISTER; RFC 5626 §6: what its bottom-most URI says about outbound.
import { H } from '../header-name.ts';
import type { SipRequest } from '../message.ts';
import { parseNameAddr } from '../name-addr.ts';
import type { SipUri } from '../uri.ts';

/** The Path of a REGISTER. */
export type RegisterPath = {
  /** URI texts, topmost (nearest to the registrar) first. */
  readonly uris: readonly string[];
  /** The values as received, to be echoed; '' if there are none. */
  readonly text: string;
  /** Userinfo of the topmost URI; '' if there is none. */
  readonly flowToken: string;
  /** The first hop of the UA, which wrote the bottom-most value, keeps the flow (`ob`). */
  readonly firstHopKeepsFlow: boolean;
  /** Every value is a sips URI; also when there is none. */
  readonly isSecured: boolean;
};

const NO_PATH: RegisterPath = {
  uris: [],
  text: '',
  flowToken: '',
  firstHopKeepsFlow: false,
  isSecured: true,
};

/** Parse every Path value. @returns undefined when one is not a SIP name-addr (400) */
export function parsePath(request: SipRequest): RegisterPath | undefined {
  if (!request.has(H.PATH)) return NO_PATH;
  const values = request.values(H.PATH);
  const uris: string[] = [];
  let flowToken = '';
  let firstHopKeepsFlow = false;
  let isSecured = true;
  for (let i = 0; i < values.length; i += 1) {
    const address = parseNameAddr(values[i] ?? '');
    if (!address.ok) return undefined;
    const uri = address.value.uri;
    if (!uri.ok || uri.value.kind !== 'sip') return undefined;
    uris.push(address.value.uriText);
    isSecured &&= uri.value.scheme === 'sips';
    if (i === 0) flowToken = userinfo(uri.value);
    // RFC 5626 §6 speaks of the "first" URI and means the first hop's, which is the bottom-most.
    firstHopKeepsFlow = uri.value.params.has('ob');
  }
  return { uris, text: values.join(', '), flowToken, firstHopKeepsFlow, isSecured };
}

// All that stands before the "@", as whoever reads the token out of a stored URI takes it: with a password it is nobody's token.
function userinfo({ user, password }: SipUri): string {
  if (user === undefined) return '';
  return password === undefined ? user : `${user}:${password}`;
}
