import {
  type ConsumedRecord,
  joinTrace,
  type LogRecord,
  type RecipientState,
  type Span,
  type Tracer,
} from '@hermod/contracts';
import {
  parseMessage,
  type SipRequest,
  selectTargets,
  type Target,
  type TargetSelection,
} from '@hermod/sip';
import { placeOf } from './fork.ts';

const NO_TARGETS: readonly Target[] = [];

/** A message record that has been started. */
export type Held = {
  readonly record: ConsumedRecord;
  readonly request: SipRequest;
  /** Epoch ms. */
  readonly startedAtMs: number;
  /** Undefined: not traced. */
  readonly span: Span | undefined;
  /** When its last fork set out, epoch ms. */
  forkedAtMs: number;
  /** Targets that have had this message; a moved binding version brings others. */
  tried: readonly Target[];
  reroutes: number;
  /** Its way into the mailbox, while and after it is under way. */
  storing: Promise<void> | undefined;
  /** It is, or was, in the mailbox. */
  isStored: boolean;
};

/** @throws Error when it is no SIP request: the boundary of rule 9 sets the record aside */
export function heldOf(
  record: ConsumedRecord,
  startedAtMs: number,
  tracer: Tracer | undefined,
): Held {
  const request = record.request ?? parsedRequest(record);
  const span = joinTrace(tracer, 'route', request);
  span?.note('partition', record.partition);
  return {
    record,
    request,
    startedAtMs,
    span,
    forkedAtMs: startedAtMs,
    tried: NO_TARGETS,
    reroutes: 0,
    storing: undefined,
    isStored: false,
  };
}

function parsedRequest(record: ConsumedRecord): SipRequest {
  const parsed = parseMessage(record.head, record.body);
  if (!parsed.ok || parsed.value.kind !== 'request') {
    throw new Error(`not a SIP request: ${parsed.ok ? 'a response' : parsed.reason}`);
  }
  return parsed.value;
}

/** What a record holds; undefined when that is no SIP request. */
export function requestOf(record: LogRecord): SipRequest | undefined {
  if (record.request !== undefined) return record.request;
  const parsed = parseMessage(record.head, record.body);
  return parsed.ok && parsed.value.kind === 'request' ? parsed.value : undefined;
}

/** The targets that the message may go to and has not gone to yet. */
export function untried(held: Held, state: RecipientState, nowMs: number): TargetSelection {
  const selection = selectTargets(held.request, state.bindings, nowMs);
  if (held.tried.length === 0) return selection;
  const places = new Set(held.tried.map(({ binding }) => placeOf(binding)));
  const targets = selection.targets.filter(({ binding }) => !places.has(placeOf(binding)));
  return { ...selection, targets };
}
