export { canonicalAor, ServedDomains } from './aor.ts';
export { decodeBinding, encodeBinding, flowTokenOf, REFUSES_MESSAGE } from './binding-codec.ts';
export { decodeCredential, encodeCredential } from './credential-codec.ts';
export { deliveryId } from './delivery-id.ts';
export { DurationHistogram, DurationsBy, type Exemplar, MAILBOX_BOUNDS_MS } from './durations.ts';
export {
  bindingsKey,
  credentialKey,
  dueKey,
  ledgerPrefix,
  mailboxKey,
  mailEntriesKey,
  mailSendersKey,
  markKey,
  SUBSCRIBERS_KEY,
  subscriberKey,
} from './keys.ts';
export {
  decodeRecordHeader,
  decodeRecordValue,
  encodeRecordHeader,
  encodeRecordValue,
  RECORD_HEADER_BYTES,
  type RecordHeader,
} from './log-record.ts';
export {
  decodeMail,
  encodeMail,
  MAIL_SENDER_AT,
  MAIL_SENDER_CHARS,
  MAIL_WITH_SENDER,
  mailSender,
  storedMail,
} from './mail-codec.ts';
export { makeCredential } from './make-credential.ts';
export { fnv1a, partitionOf } from './partition.ts';
export {
  type AppendMailOptions,
  type AppendMailResult,
  type BindingStore,
  type ConsumedRecord,
  type Credential,
  type CredentialStore,
  type DueStore,
  type Ha1ByAlgorithm,
  type LogAppender,
  type LogConsumer,
  type LogRecord,
  type MailEntry,
  type OutcomeLog,
  type OutcomeRecord,
  type OwnedPartition,
  PlatformError,
  type PlatformErrorCode,
  type RecipientState,
  type RecipientStore,
  RecordFlag,
  type RecordSink,
  type RecordType,
  type SubscriberStore,
} from './ports.ts';
export {
  joinTrace,
  type Span,
  type TraceNote,
  type Tracer,
  type TraceStep,
  traceLine,
  withTraceparent,
} from './tracing.ts';
