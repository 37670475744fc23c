import type { Flow } from '../ports.ts';

/** Is what goes over a flow, or comes to a listener, encrypted on its way, so that it may carry what is for a sips URI (RFC 3261 §26.2.2, RFC 7118 §5)? */
export function runsOnTls({ transport }: Pick<Flow, 'transport'>): boolean {
  return transport === 'TLS' || transport === 'WSS';
}
