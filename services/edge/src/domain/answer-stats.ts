import { DurationsBy } from '@hermod/contracts';
import { REASONS } from '@hermod/sip';

/** Methods that metrics tell apart; whatever else somebody invents is one more. */
const METHODS = ['MESSAGE', 'REGISTER', 'INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS'] as const;
type Method = (typeof METHODS)[number] | 'other';

const CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx', '6xx'] as const;
/** `none`: nobody answered. */
export type StatusClass = (typeof CLASSES)[number];

const MAX_STATUS = 699;

/** The class of a status, 100–699; `none` for anything else. */
export function classOf(status: number): StatusClass {
  return CLASSES[Math.trunc(status / 100)] ?? 'none';
}

function methodOf(text: string): Method {
  for (const method of METHODS) if (method === text) return method;
  return 'other';
}

/** Requests by method. */
export class MethodCounts {
  readonly #counts: Record<Method, number> = {
    MESSAGE: 0,
    REGISTER: 0,
    INVITE: 0,
    ACK: 0,
    BYE: 0,
    CANCEL: 0,
    OPTIONS: 0,
    other: 0,
  };

  count(method: string, requests = 1): void {
    this.#counts[methodOf(method)] += requests;
  }

  entries(): readonly [method: string, count: number][] {
    return Object.entries(this.#counts);
  }
}

/** Responses by status. */
export class StatusCounts {
  readonly #counts = new Float64Array(MAX_STATUS + 1);

  /** @param status 100–699 */
  count(status: number): void {
    this.#counts[status] = (this.#counts[status] ?? 0) + 1;
  }

  /** What has been counted: registered codes as they are, others, of which a peer may make up hundreds, by their class. */
  entries(): ReadonlyMap<string, number> {
    const byCode = new Map<string, number>();
    for (const [status, count] of this.#counts.entries()) {
      if (count === 0) continue;
      const code = REASONS.has(status) ? String(status) : classOf(status);
      byCode.set(code, (byCode.get(code) ?? 0) + count);
    }
    return byCode;
  }
}

/** Final responses to requests of one method. */
class MethodAnswers {
  readonly codes = new StatusCounts();
  /** From the arrival of the request. */
  readonly durations = new DurationsBy<StatusClass>('2xx');
}

/** Final responses to clients: how many, and how long they took. */
export class AnswerStats {
  readonly #byMethod = new Map<Method, MethodAnswers>([['MESSAGE', new MethodAnswers()]]);

  of(method: string): MethodAnswers {
    const known = methodOf(method);
    let answers = this.#byMethod.get(known);
    if (answers === undefined) {
      answers = new MethodAnswers();
      this.#byMethod.set(known, answers);
    }
    return answers;
  }

  entries(): Iterable<[method: string, answers: MethodAnswers]> {
    return this.#byMethod.entries();
  }
}
