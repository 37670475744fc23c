import {
  buildCancel,
  type ClientTransactionUser,
  InviteClientTransaction,
  NonInviteClientTransaction,
  type OutgoingMessage,
  type SipResponse,
  TIMER_64_T1,
  TIMER_C_MS,
  type TimerEntry,
  type Timers,
  type TimerTarget,
} from '@hermod/sip';
import type { Outlet } from '../../ports.ts';

/** What a branch reports to its target. */
export interface BranchUser {
  /** 100–199. */
  onProvisional(response: SipResponse): void;
  /** A final response: one, or of an INVITE every 2xx. */
  onFinal(response: SipResponse): void;
  /** Without a response. @param status 408, 487 or 503, made up here */
  onFailed(status: number): void;
}

/** The branches that wait for responses, by Via branch. */
export interface BranchDirectory {
  add(branch: ProxyBranch): void;
  remove(branch: ProxyBranch): void;
  /** May one more request wait for that neighbour? */
  hasRoom(outlet: Outlet): boolean;
}

/** What a branch is made of. */
export type ProxyBranchOptions = {
  readonly method: string;
  readonly viaBranch: string;
  /** sent-by of its Via. */
  readonly sentBy: string;
  readonly outlet: Outlet;
  /** Its top Via carries `viaBranch`. */
  readonly message: OutgoingMessage;
  readonly timers: Timers;
  readonly directory: BranchDirectory;
  readonly user: BranchUser;
};

const TIMER_C = 1;
const TIMER_CANCELLED = 2;

/** One forwarded request: its client transaction, Timer C and, if need be, its CANCEL (RFC 3261 §16.6 step 10, §16.8, §16.10). */
export class ProxyBranch implements ClientTransactionUser, TimerTarget {
  readonly viaBranch: string;
  readonly sentBy: string;
  readonly outlet: Outlet;
  readonly message: OutgoingMessage;
  readonly reliable: boolean;
  readonly timers: Timers;
  readonly user: ProxyBranch;
  readonly #options: ProxyBranchOptions;
  readonly #transaction: InviteClientTransaction | NonInviteClientTransaction;
  /** The same one, of an INVITE. */
  readonly #invite: InviteClientTransaction | undefined;
  #cancel: NonInviteClientTransaction | undefined;
  /** Timer C; once cancelled, the time that the CANCEL may take. */
  #timer: TimerEntry | undefined;
  /** What it counts as when nothing comes after the CANCEL; 0: not to be cancelled. */
  #cancelledAs = 0;
  #isFinal = false;

  constructor(options: ProxyBranchOptions) {
    this.#options = options;
    this.viaBranch = options.viaBranch;
    this.sentBy = options.sentBy;
    this.outlet = options.outlet;
    this.message = options.message;
    this.reliable = options.outlet.reliable;
    this.timers = options.timers;
    this.user = this;
    this.#invite = options.method === 'INVITE' ? new InviteClientTransaction(this) : undefined;
    this.#transaction = this.#invite ?? new NonInviteClientTransaction(this);
  }

  /** Sends the request. */
  start(): void {
    this.#options.directory.add(this);
    if (this.#isInvite) this.#timer = this.timers.start(this, TIMER_C, TIMER_C_MS);
    this.#transaction.start();
  }

  /** @param method of its CSeq: a CANCEL has the Via branch of its INVITE */
  receiveResponse(response: SipResponse, method: string): void {
    if (method === this.#options.method) this.#transaction.receiveResponse(response);
    else if (method === 'CANCEL') this.#cancel?.receiveResponse(response);
  }

  /** The way it went is gone. */
  flowClosed(): void {
    this.#cancel?.transportError();
    this.#transaction.transportError();
  }

  /** Ends an INVITE that nobody waits for any more; without effect on any other request (RFC 3261 §16.7 step 10).
   *  @param status it counts as, should no final response come: 487 when the caller gave up, 408 by Timer C */
  cancel(status: number): void {
    if (!this.#isInvite || this.#isFinal || this.#cancelledAs !== 0) return;
    this.#cancelledAs = status;
    // RFC 3261 §9.1: not before a provisional response has come: the CANCEL could overtake the INVITE.
    if (this.#transaction.state === 'proceeding') this.#sendCancel();
  }

  // --- called by the transaction ---

  send(message: OutgoingMessage): void {
    // A closed flow or a full queue is a transport error: RFC 3261 §8.1.3.1 makes it a 503.
    if (!this.outlet.send(message)) this.#transaction.transportError();
  }

  onResponse(response: SipResponse): void {
    if (response.status < 200) {
      this.#onProvisional(response);
      return;
    }
    this.#isFinal = true;
    this.#stopTimer();
    this.#options.user.onFinal(response);
  }

  onTimeout(): void {
    this.#fail(this.#cancelledAs === 0 ? 408 : this.#cancelledAs);
  }

  onTransportError(): void {
    this.#fail(503);
  }

  onTerminated(): void {
    this.#stopTimer();
    this.#options.directory.remove(this);
  }

  onTimer(timer: number): void {
    this.#timer = undefined;
    // RFC 3261 §16.8: an INVITE that has been ringing for too long is cancelled. (Without any response Timer B came first.)
    if (timer === TIMER_C) {
      this.cancel(408);
      return;
    }
    // RFC 3261 §9.1: no final response within 64·T1 of the CANCEL, so none will come.
    this.#fail(this.#cancelledAs);
    this.#invite?.abandon();
  }

  get #isInvite(): boolean {
    return this.#invite !== undefined;
  }

  #onProvisional(response: SipResponse): void {
    if (this.#cancelledAs !== 0) {
      if (this.#cancel === undefined) this.#sendCancel();
    } else if (this.#isInvite && response.status > 100) {
      // RFC 3261 §16.7 step 2: every provisional response but 100 starts Timer C anew.
      this.#stopTimer();
      this.#timer = this.timers.start(this, TIMER_C, TIMER_C_MS);
    }
    this.#options.user.onProvisional(response);
  }

  #sendCancel(): void {
    this.#stopTimer();
    this.#timer = this.timers.start(this, TIMER_CANCELLED, TIMER_64_T1);
    const cancel = new NonInviteClientTransaction({
      message: buildCancel(this.message),
      reliable: this.reliable,
      timers: this.timers,
      user: CANCEL_USER,
      send: (message) => {
        if (!this.outlet.send(message)) cancel.transportError();
      },
    });
    this.#cancel = cancel;
    cancel.start();
  }

  #fail(status: number): void {
    if (this.#isFinal) return;
    this.#isFinal = true;
    this.#stopTimer();
    this.#options.user.onFailed(status);
  }

  #stopTimer(): void {
    this.timers.stop(this.#timer);
    this.#timer = undefined;
  }
}

const ignore = (): void => undefined;
/** RFC 3261 §9.1: what a CANCEL is answered makes no difference; the INVITE's own final response counts. */
const CANCEL_USER: ClientTransactionUser = {
  onResponse: ignore,
  onTimeout: ignore,
  onTransportError: ignore,
  onTerminated: ignore,
};
