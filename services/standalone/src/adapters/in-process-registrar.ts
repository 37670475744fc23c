import type { RegistrarPort } from '@hermod/edge';
import type { RegistrarApp } from '@hermod/registrar';
import { type OutgoingMessage, parseMessage, type SipResponse } from '@hermod/sip';

/** The registrar of a single process. */
export class InProcessRegistrar implements RegistrarPort {
  readonly #registrar: RegistrarApp;

  constructor(registrar: RegistrarApp) {
    this.#registrar = registrar;
  }

  async register(request: OutgoingMessage): Promise<SipResponse | undefined> {
    const parsed = parseMessage(request.head, request.body);
    if (!parsed.ok || parsed.value.kind !== 'request') return undefined;
    const answer = await this.#registrar.register(parsed.value);
    const response = parseMessage(answer.head, answer.body);
    return response.ok && response.value.kind === 'response' ? response.value : undefined;
  }
}
