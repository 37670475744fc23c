import { fnv1a } from '@hermod/contracts';
import { H, isLoopback, networkOf, type SipRequest } from '@hermod/sip';
import type { Flow, RelayPolicy } from '../ports.ts';
import { lastProofOn } from './authentication/sender.ts';
import { flowState } from './flow-state.ts';

/** In {@link FlowState.source}: who sends on this flow has to be asked of each request. No hash is below 0. */
export const BY_SENDER = -1;

/** Whose fair share a request takes: that of the user who has proved something on its flow, else of its address, on loopback of its flow. A
 *  server that is known speaks for many: there it is that of whom From names, which it vouches for.
 *  @returns 32-bit integer, not below 0 */
export function trafficSource(
  flow: Flow,
  request: SipRequest,
  relay: RelayPolicy | undefined,
): number {
  const state = flowState(flow);
  state.source ??= sourceOfFlow(flow, relay);
  return state.source === BY_SENDER ? hashOfSender(request) : state.source;
}

function sourceOfFlow(flow: Flow, relay: RelayPolicy | undefined): number {
  if (relay?.isPeer(flow) === true) return BY_SENDER;
  const proof = lastProofOn(flow);
  if (proof !== undefined) return fnv1a(proof.aor);
  const { address, port } = flow.remote;
  // Whoever is on this machine is not told apart by its address, and is no stranger.
  const text = isLoopback(address) ? `${address} ${port}` : networkOf(address);
  return fnv1a(text);
}

/** Of the URI in From, as it is written: without display name and tag, which may be others in each request. */
function hashOfSender(request: SipRequest): number {
  const from = request.get(H.FROM) ?? '';
  const open = from.indexOf('<') + 1;
  const close = from.indexOf(open > 0 ? '>' : ';', open);
  return fnv1a(from, open, close === -1 ? from.length : close);
}
