import { TrafficClass } from '@hermod/congestion';
import { H, isInDialog, isMediaType, type Latin1Codec, type SipRequest } from '@hermod/sip';

/** A notice says within so many octets that it is one: CPIM headers, and those of what CPIM wraps. */
const WRAPPED_BYTES = 1_024;
const NOTICE = /^content-type:[ \t]*message\/imdn\+xml/im;
const COMPOSING = /^content-type:[ \t]*application\/im-iscomposing\+xml/im;
/** RFC 5438 §11.1.9: what a disposition that is no success is called. */
const FAILURE = /<(?:\w+:)?(?:failed|forbidden|error)\b/;

/** What a request is for (not asked of ACK), from what can be read at a glance: it is asked before anything is checked.
 *  @param hasBindings somebody has registered over its flow  @see RFC 5390 §4 REQ 13, 19 */
export function trafficClassOf(
  request: SipRequest,
  hasBindings: boolean,
  codec: Latin1Codec,
): TrafficClass {
  switch (request.method) {
    case 'MESSAGE':
      // A tag alone would be a claim: a dialog that began here comes with the Route that it was given.
      if (request.has(H.ROUTE) && isInDialog(request)) return TrafficClass.IN_DIALOG;
      return classOfMessage(request, codec);
    case 'REGISTER':
      if (removesBindings(request)) return TrafficClass.RELEASE;
      return hasBindings ? TrafficClass.REFRESH : TrafficClass.REGISTER;
    case 'INVITE':
      return isInDialog(request) ? TrafficClass.IN_DIALOG : TrafficClass.SESSION;
    case 'ACK':
    case 'BYE':
    case 'CANCEL':
      return TrafficClass.RELEASE;
    case 'SUBSCRIBE':
      // RFC 6665 §4.1.2.3: it ends a subscription.
      if (request.get(H.EXPIRES) === '0') return TrafficClass.RELEASE;
      return isInDialog(request) ? TrafficClass.IN_DIALOG : TrafficClass.OTHER;
    default:
      return isInDialog(request) ? TrafficClass.IN_DIALOG : TrafficClass.OTHER;
  }
}

// RFC 3261 §10.2.2
function removesBindings(request: SipRequest): boolean {
  const contact = request.get(H.CONTACT);
  if (contact === undefined) return false;
  if (request.get(H.EXPIRES) === '0') return !contact.includes('expires=');
  return contact.endsWith(';expires=0') && request.hasOneValue(H.CONTACT);
}

function classOfMessage(request: SipRequest, codec: Latin1Codec): TrafficClass {
  const type = request.get(H.CONTENT_TYPE);
  if (isMediaType(type, 'message/cpim')) {
    const text = codec.decode(request.body, 0, Math.min(request.body.length, WRAPPED_BYTES));
    if (NOTICE.test(text)) return classOfNotice(request, codec);
    return COMPOSING.test(text) ? TrafficClass.COMPOSING : TrafficClass.MESSAGE;
  }
  if (isMediaType(type, 'message/imdn+xml')) return classOfNotice(request, codec);
  return isMediaType(type, 'application/im-iscomposing+xml')
    ? TrafficClass.COMPOSING
    : TrafficClass.MESSAGE;
}

function classOfNotice({ body }: SipRequest, codec: Latin1Codec): TrafficClass {
  return FAILURE.test(codec.decode(body, 0, body.length))
    ? TrafficClass.FAILURE_NOTICE
    : TrafficClass.DELIVERY_NOTICE;
}
