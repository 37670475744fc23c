// RFC 3261 §10.3 around the pure function of packages/sip: which AoR, which store, which answer.
import { canonicalAor, PlatformError, type ServedDomains } from '@hermod/contracts';
import {
  buildResponse,
  type OutgoingMessage,
  processRegister,
  type RegisterPolicy,
  type RegisterResult,
  type SipRequest,
  validateRequest,
} from '@hermod/sip';
import { AorQueue } from './domain/aor-queue.ts';
import { clientSource } from './domain/client-source.ts';
import { RegistrarStats } from './domain/registrar-stats.ts';
import { WakeUp } from './domain/wake-up.ts';
import type { RegistrarPorts } from './ports.ts';

export { exposeRegistrarMetrics } from './metrics.ts';

/** How a registrar behaves. */
type RegistrarOptions = {
  readonly domains: ServedDomains;
  /** `closed`: only provisioned subscribers may register. */
  readonly domainMode: 'open' | 'closed';
  /** Partitions of `im.inbox`, the same in every process. */
  readonly partitions: number;
  readonly policy: RegisterPolicy;
};

/** Attempts to write one REGISTER before 500: each one lost means that another registrar won. */
const MAX_ATTEMPTS = 16;
const MAX_RETRY_AFTER_SEC = 5;

type Answer = {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly headers?: readonly string[];
};

/** What became of the bindings, and whether a drain is due. */
type Written = Answer & { readonly hasMail: boolean };

/** The registrar: answers REGISTER. It keeps nothing but the order of REGISTERs in progress. */
export class RegistrarApp {
  readonly stats = new RegistrarStats();
  readonly #ports: RegistrarPorts;
  readonly #options: RegistrarOptions;
  readonly #queue = new AorQueue();
  readonly #wakeUp: WakeUp;
  #retryAfterSec = 0;

  constructor(ports: RegistrarPorts, options: RegistrarOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#wakeUp = new WakeUp(ports, options.partitions, this.stats);
  }

  /**
   * Answer one REGISTER. Requests of one AoR take effect in the order of the calls.
   * Hand the answer over at once: stored messages of the AoR follow it after {@link WAKE_UP_DELAY_MS}.
   *
   * @param request as received, all its Vias on it; the bottom-most carries the client's source
   * @returns 200; 400, 403, 420, 423, 439 or 500 (out of order) of `processRegister`; 404 for a domain or subscriber that is not ours;
   *   405 for another method; 500 + Retry-After when other registrars kept winning; 503 + Retry-After while the store is away.
   *   Rejects only for bugs.
   */
  async register(request: SipRequest): Promise<OutgoingMessage> {
    const { clock } = this.#ports;
    const beganMs = clock.nowMs();
    const answer = await this.#answer(request);
    this.stats.durations.observe(clock.nowMs() - beganMs);
    return buildResponse(request, answer.status, {
      reason: answer.reason,
      toTag: this.#ports.ids.token(),
      headers: answer.headers,
    });
  }

  /** Publishes the `registered` records that wait for their 200 to go out, and resolves when none is on its way any more; call it after the last `register` has settled. */
  drain(): Promise<void> {
    return this.#wakeUp.drain();
  }

  async #answer(request: SipRequest): Promise<Answer> {
    const fault = validateRequest(request);
    if (fault !== undefined) return this.#refuse({ status: fault.status, reason: fault.reason });
    if (request.method !== 'REGISTER') {
      return this.#refuse({ status: 405, headers: ['Allow: REGISTER'] });
    }
    // RFC 3261 §10.3 step 5: the AoR is in To, and nowhere else.
    const to = request.to;
    const uri = to.ok ? to.value.uri : to;
    if (!uri.ok) return this.#refuse({ status: 400, reason: 'Malformed To' });
    if (uri.value.kind !== 'sip')
      return this.#refuse({ status: 400, reason: 'To Is Not a SIP URI' });
    const aor = canonicalAor(uri.value, this.#options.domains);
    if (aor === undefined || uri.value.user === undefined) return this.#refuse({ status: 404 });
    try {
      return await this.#registerAor(aor, request);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      this.stats.storeFailures += 1;
      return { status: 503, headers: [this.#retryAfter()] };
    }
  }

  async #registerAor(aor: string, request: SipRequest): Promise<Answer> {
    const writing = this.#queue.run(aor, () => this.#write(aor, request));
    if (writing === undefined) {
      this.stats.queueRefusals += 1;
      return { status: 503, headers: [this.#retryAfter()] };
    }
    const written = await writing;
    // Outside the queue: the hold of a slow store must not add up over the REGISTERs of one AoR.
    if (written.hasMail) await this.#wakeUp.arm(aor);
    return written;
  }

  // Everything that waits for a store is in here, so that REGISTERs of one AoR cannot overtake each other.
  // Read, compute, compare-and-set; again when another registrar was faster (design §6).
  async #write(aor: string, request: SipRequest): Promise<Written> {
    const { bindings: store, subscribers, clock } = this.#ports;
    const gruus = { aor, seal: this.#ports.gruuSeal };
    if (this.#options.domainMode === 'closed' && !(await subscribers.isProvisioned(aor))) {
      this.stats.refused += 1;
      return { status: 404, hasMail: false };
    }
    const source = clientSource(request);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const { version, bindings } = await store.readBindings(aor);
      const nowMs = clock.nowMs();
      const { policy } = this.#options;
      const result = processRegister(request, bindings, source, policy, nowMs, gruus);
      if (result.bindings === undefined) return this.#done(result, false);
      const outcome = await store.compareAndSet(aor, version, result.bindings);
      if (outcome.kind === 'written') return this.#done(result, outcome.mailboxCount > 0);
      this.stats.conflicts += 1;
    }
    this.stats.conflictFailures += 1;
    return { status: 500, headers: [this.#retryAfter()], hasMail: false };
  }

  #done(result: RegisterResult, hasMail: boolean): Written {
    if (result.status === 200) this.stats.accepted += 1;
    else this.stats.refused += 1;
    return { status: result.status, reason: result.reason, headers: result.headers, hasMail };
  }

  #refuse(answer: Answer): Answer {
    this.stats.refused += 1;
    return answer;
  }

  // 1 to 5 s in turn, so that those refused together do not come back together.
  #retryAfter(): string {
    this.#retryAfterSec = (this.#retryAfterSec % MAX_RETRY_AFTER_SEC) + 1;
    return `Retry-After: ${this.#retryAfterSec}`;
  }
}
