import type { RecipientStore } from '@hermod/contracts';
import type { Binding } from '@hermod/sip';
import type { Recipients } from '../ports.ts';

/** The recipients of the store that routers use, as an edge sees them. */
export class StoredRecipients implements Recipients {
  readonly #store: Pick<RecipientStore, 'read' | 'removeBinding'>;

  constructor(store: Pick<RecipientStore, 'read' | 'removeBinding'>) {
    this.#store = store;
  }

  read(
    aor: string,
    nowMs: number,
  ): Promise<{ readonly bindings: readonly Binding[]; readonly provisioned: boolean }> {
    return this.#store.read(aor, '', nowMs);
  }

  removeBinding(aor: string, bindingKey: string, flowToken: string): Promise<boolean> {
    return this.#store.removeBinding(aor, bindingKey, flowToken);
  }
}
