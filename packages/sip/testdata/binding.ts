import type { Binding } from '../src/registrar/binding.ts';

/** A binding of a device that uses nothing beyond RFC 3261, but for what a test changes. */
export function bindingOf(
  contact: string,
  expiresAtMs: number,
  changes: Partial<Binding> = {},
): Binding {
  return {
    key: contact,
    contact,
    params: '',
    q: 1000,
    callId: 'c',
    cseq: 1,
    expiresAtMs,
    path: [],
    flowToken: '',
    flowBound: false,
    refusesMessage: false,
    gruuSinceMs: 0,
    ...changes,
  };
}
