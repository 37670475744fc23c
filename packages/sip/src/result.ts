/** Every way in which bytes from the network can fail to be SIP. Closed: switches over it are exhaustive. */
export type SipErrorCode =
  | 'SIP_BAD_START_LINE'
  | 'SIP_BAD_VERSION'
  | 'SIP_BAD_LINE_END'
  | 'SIP_BAD_HEADER_LINE'
  | 'SIP_TOO_MANY_HEADERS'
  | 'SIP_HEAD_TOO_LARGE'
  | 'SIP_BODY_TOO_LARGE'
  | 'SIP_BAD_CONTENT_LENGTH'
  | 'SIP_MISSING_HEADER'
  | 'SIP_DUPLICATE_HEADER'
  | 'SIP_BAD_URI'
  | 'SIP_BAD_VIA'
  | 'SIP_BAD_NAME_ADDR'
  | 'SIP_BAD_PARAM'
  | 'SIP_BAD_CSEQ'
  | 'SIP_CSEQ_METHOD'
  | 'SIP_BAD_CALL_ID'
  | 'SIP_BAD_MAX_FORWARDS'
  | 'SIP_BAD_DATE'
  | 'SIP_BAD_STATUS'
  | 'SIP_BAD_CREDENTIALS'
  | 'SIP_INCOMPLETE'
  | 'CPIM_BAD_HEADER'
  | 'CPIM_TOO_LARGE'
  | 'CPIM_BAD_CONTENT';

/** A refusal of peer input, as a value.
 *  `at` is the offset of the fault in the text that was parsed (latin1: character = byte).
 *  `status` is the SIP status to answer with, or 0 where nothing may be answered (a malformed response is dropped). */
export type ParseError = {
  readonly ok: false;
  readonly code: SipErrorCode;
  readonly at: number;
  readonly status: number;
  /** Reason phrase naming the fault (RFC 3261 §21.4.1). */
  readonly reason: string;
};

/** The outcome of a parser: a value or a {@link ParseError}; parsers never throw. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | ParseError;

/** Make a {@link ParseError}. @param status SIP status to answer with; 0 = drop, never answer. */
export function parseError(
  code: SipErrorCode,
  at: number,
  reason: string,
  status = 400,
): ParseError {
  return { ok: false, code, at, status, reason };
}

/** Wrap a parsed value. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}
