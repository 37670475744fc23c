// Grammar, messages, framing
export { type CSeq, parseCSeq } from './cseq.ts';
export { HeadEditor } from './head-editor.ts';
export { H, HEADER_NAMES, type HeaderId, headerId } from './header-name.ts';
export type { Latin1Codec } from './latin1.ts';
export { splitList } from './list.ts';
export { parseMessage, SipMessage, SipRequest, SipResponse } from './message.ts';
export { formatNameAddr, NameAddr, parseNameAddr, parseNameAddrList } from './name-addr.ts';
export { type ParamEntry, Params, unquote } from './params.ts';
export { buildResponse, type OutgoingMessage, REASONS, type ResponseOptions } from './response.ts';
export {
  type Parsed,
  type ParseError,
  parsed,
  parseError,
  type SipErrorCode,
} from './result.ts';
export {
  escapeUser,
  formatSipUri,
  type ImUri,
  type OtherUri,
  parseUri,
  type SipUri,
  type TelUri,
  type Uri,
  unescapeUser,
} from './uri.ts';
export { sipUriEquals } from './uri-equality.ts';
export { formatVia, parseVia, Via } from './via.ts';
