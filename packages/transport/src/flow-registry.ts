import type { Flow } from './flow.ts';

/** Draws `bytes` random bytes as base64url text, from a cryptographic source. */
export interface RandomText {
  token(bytes?: number): string;
}

/** 96 bits: a flow token is a capability to reach the device, so it must be unguessable. */
const TOKEN_BYTES = 12;

/**
 * Flow token ↔ open flow of this process.
 *
 * Token = `<edgeId>.<96 random bits, base64url>`, drawn when first asked for and valid only while its flow is open: a
 * restarted edge knows none of its predecessor's. A map look-up, no HMAC.
 * The owner calls `remove` from `onClosed`; a closed flow that is still in the map is not returned either.
 * @see RFC 5626 §5.2
 */
export class FlowRegistry {
  readonly #edgeId: string;
  readonly #random: RandomText;
  readonly #flows = new Map<string, Flow>();
  readonly #tokens = new Map<Flow, string>();

  /** @param edgeId text of token characters that is safe in a SIP user part and without `.` */
  constructor(edgeId: string, random: RandomText) {
    this.#edgeId = edgeId;
    this.#random = random;
  }

  /** Flows with a token. */
  get size(): number {
    return this.#flows.size;
  }

  /** The flow's token, drawn on the first call; undefined when the flow is closed. */
  tokenOf(flow: Flow): string | undefined {
    if (!flow.isOpen) return undefined;
    const known = this.#tokens.get(flow);
    if (known !== undefined) return known;
    const token = `${this.#edgeId}.${this.#random.token(TOKEN_BYTES)}`;
    this.#tokens.set(flow, token);
    this.#flows.set(token, flow);
    return token;
  }

  /** The open flow of a token; undefined (→ 430) for anything else. */
  flowOf(token: string): Flow | undefined {
    const flow = this.#flows.get(token);
    return flow?.isOpen === true ? flow : undefined;
  }

  /** Forget a closed flow. @returns its token, if one had been drawn. */
  remove(flow: Flow): string | undefined {
    const token = this.#tokens.get(flow);
    if (token === undefined) return undefined;
    this.#tokens.delete(flow);
    this.#flows.delete(token);
    return token;
  }
}
