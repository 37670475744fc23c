import { type Binding, type OutgoingMessage, parseMessage } from '@hermod/sip';
import { type EdgeWorld, FakeFlow, FakeTrunk } from './edge-world.ts';

/** The trunk from one edge to another, both ways of it. */
export class Trunk extends FakeTrunk {
  /** The accepted end: what the far edge answers by. */
  readonly accepted: FakeFlow;
  readonly #far: EdgeWorld;

  /** @param address of the near edge */
  constructor(near: EdgeWorld, far: EdgeWorld, address: string) {
    super();
    this.#far = far;
    this.accepted = new FakeFlow('TCP', address, 50_000);
    this.accepted.send = (message) => {
      const response = parsed(message);
      queueMicrotask(() => {
        if (response.kind === 'response') near.edge.onTrunkResponse(response);
      });
      return true;
    };
  }

  override send(message: OutgoingMessage): boolean {
    if (!super.send(message)) return false;
    const request = parsed(message);
    queueMicrotask(() => {
      if (request.kind === 'request') this.#far.edge.forward(this.accepted, request);
    });
    return true;
  }
}

function parsed(message: OutgoingMessage) {
  const result = parseMessage(message.head, message.body);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** Trunks between two edges. @returns the one from `near` */
export function link(near: EdgeWorld, far: EdgeWorld): Trunk {
  const trunk = new Trunk(near, far, near.address);
  near.trunks.edges.set(`${far.address}:5070`, trunk);
  far.trunks.edges.set(`${near.address}:5070`, new Trunk(far, near, far.address));
  return trunk;
}

/** The binding of a device that has registered over a flow of that edge, ten minutes long. */
export function bindingAt(
  edge: EdgeWorld,
  flow: FakeFlow,
  changes: Partial<Binding> = {},
): Binding {
  const flowToken = edge.tokens.tokenOf(flow) ?? '';
  const contact = `sip:bob@${flow.remote.address}:5062`;
  return {
    key: contact,
    contact,
    params: '',
    q: 1000,
    callId: 'r1',
    cseq: 1,
    expiresAtMs: edge.now() + 600_000,
    path: [`sip:${flowToken}@${edge.address}:5070;transport=tcp;lr`],
    flowToken,
    flowBound: true,
    refusesMessage: false,
    gruuSinceMs: 0,
    ...changes,
  };
}
