export {
  type BearerChallenge,
  formatBearerChallenge,
  formatBearerLine,
  type TokenError,
} from './bearer/bearer-challenge.ts';
export { bearerRows, findBearerToken, parseBearerToken } from './bearer/bearer-credentials.ts';
export type { Clock, Hash, IdSource } from './clock.ts';
export {
  CPIM_NAMESPACE,
  type CpimAddress,
  type CpimHeader,
  parseCpimAddress,
} from './cpim/cpim-header.ts';
export { CpimMessage, type CpimName, parseCpim } from './cpim/cpim-message.ts';
export { escapeCpim, unescapeCpim } from './cpim/cpim-text.ts';
export {
  type CpimParts,
  formatCpim,
  formatCpimAddress,
} from './cpim/format-cpim.ts';
export type { CSeq } from './cseq.ts';
export { type FramedDatagram, frameDatagram } from './datagram-framer.ts';
export { formatSipDate, parseSipDate } from './date.ts';
export { parseDeltaSeconds } from './delta-seconds.ts';
export { challengeRows, formatChallengeLines } from './digest/digest-challenge.ts';
export {
  credentialRows,
  type DigestCredentials,
  type FoundCredentials,
  findCredentials,
  parseDigestCredentials,
} from './digest/digest-credentials.ts';
export {
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  type DigestHash,
  type Mac,
  parseDigestAlgorithm,
} from './digest/digest-hash.ts';
export { digestHa1, digestResponse, equalsInConstantTime } from './digest/digest-response.ts';
export { NonceCounts } from './digest/nonce-counts.ts';
export { NonceMint } from './digest/nonce-mint.ts';
export { forgetOldest } from './forget-oldest.ts';
export { DEFAULT_FRAMER_LIMITS, type FramerLimits, type FramerSink } from './framer-limits.ts';
export { HeadEditor } from './head-editor.ts';
export { H, type HeaderId } from './header-name.ts';
export {
  defaultPort,
  ipv6Groups,
  isLoopback,
  networkOf,
  normalHost,
  uriHost,
  withoutBrackets,
} from './host.ts';
export { isImUri, sipUriOfIm } from './im-uri.ts';
export {
  type DispositionRequest,
  IMDN_NAMESPACE,
  parseDispositionRequest,
} from './imdn/disposition-request.ts';
export {
  type Disposition,
  firstImdnRoute,
  formatNotification,
  type NotificationParts,
} from './imdn/format-imdn.ts';
export type { Latin1Codec } from './latin1.ts';
export { listValueEnd } from './list.ts';
export { isMediaType } from './media-type.ts';
export { parseMessage, SipMessage, SipRequest, SipResponse, salvageRequest } from './message.ts';
export { type NameAddr, parseNameAddr } from './name-addr.ts';
export type { ParamEntry, Params, ParamsPlace } from './params.ts';
export { dispositionOf, type RequestDisposition } from './preferences/caller-preferences.ts';
export type { Final } from './proxy/best-response.ts';
export { type CheckContext, checkRequest } from './proxy/check-request.ts';
export {
  editForward,
  type ForwardOptions,
  forwardRequest,
  legalRequestUri,
} from './proxy/forward-request.ts';
export { forwardResponse } from './proxy/forward-response.ts';
export { formatBranch, loopHash } from './proxy/loop.ts';
export { branchBreadth, MAX_BREADTH, maxBreadthOf } from './proxy/max-breadth.ts';
export { INITIAL_MAX_FORWARDS, maxForwardsOf } from './proxy/max-forwards.ts';
export { type IsOurs, preprocessRoute, type RouteStep } from './proxy/preprocess-route.ts';
export {
  formatRecordRoute,
  formsDialog,
  isInDialog,
  type RecordRouteUri,
} from './proxy/record-route.ts';
export type { ProxyReject } from './proxy/reject.ts';
export {
  type BestResponse,
  forwardBestResponse,
  ResponseContext,
} from './proxy/response-context.ts';
export { selectTargets, type TargetSelection } from './proxy/select-targets.ts';
export { isSips, requestUriFor, SIPS_NOT_ALLOWED } from './proxy/sips.ts';
export { type Target, targetSet } from './proxy/target-set.ts';
export {
  type Binding,
  type ContactNetworks,
  DEFAULT_REGISTER_POLICY,
  type RegisterPolicy,
} from './registrar/binding.ts';
export { type GruuScope, type GruuSeal, resolveGruu } from './registrar/gruu.ts';
export {
  processRegister,
  type RegisterResult,
  type RegisterSource,
} from './registrar/process-register.ts';
export {
  buildResponse,
  type OutgoingMessage,
  REASONS,
  type ResponseOptions,
  withTopVia,
} from './response.ts';
export {
  type Parsed,
  type ParseError,
  parsed,
  parseError,
  type SipErrorCode,
} from './result.ts';
export { type FramerRole, StreamFramer } from './stream-framer.ts';
export { answerStunBinding, isStun } from './stun-binding.ts';
export { type TimerEntry, type Timers, type TimerTarget, TimerWheel } from './timer-wheel.ts';
export { buildCancel } from './transaction/hop-by-hop.ts';
export {
  type InviteClientOptions,
  type InviteClientState,
  InviteClientTransaction,
} from './transaction/invite-client-transaction.ts';
export {
  type InviteServerOptions,
  type InviteServerState,
  InviteServerTransaction,
  type InviteServerUser,
} from './transaction/invite-server-transaction.ts';
export {
  type ClientTransactionUser,
  type NonInviteClientOptions,
  type NonInviteClientState,
  NonInviteClientTransaction,
} from './transaction/non-invite-client-transaction.ts';
export {
  type NonInviteServerOptions,
  type NonInviteServerState,
  NonInviteServerTransaction,
  type ServerTransactionUser,
} from './transaction/non-invite-server-transaction.ts';
export { serverTransactionKey } from './transaction/server-key.ts';
export {
  T1,
  T2,
  TIMER_64_T1,
  TIMER_C_MS,
  TRYING_AFTER_MS,
} from './transaction/timer-values.ts';
export { TurnoverMap } from './turnover-map.ts';
export {
  escapeUser,
  formatSipUri,
  type OtherUri,
  parseUri,
  type SipUri,
  type Uri,
  unescapeUser,
} from './uri.ts';
export { validateRequest } from './validate.ts';
export { parseVia, type Via } from './via.ts';
