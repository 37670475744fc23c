import type { EdgeService } from '@hermod/edge';
import type { BranchSink, Trunk, TrunkDelivery } from '@hermod/router';
import { H, HeadEditor, parseMessage, type SipRequest, type SipResponse } from '@hermod/sip';

/** The trunk of a single process: calls instead of SIP over TCP, nothing is serialised. */
export class InProcessTrunk implements Trunk {
  #edge: EdgeService | undefined;

  /** The edge comes after the router in the standalone's start. */
  connect(edge: EdgeService): void {
    this.#edge = edge;
  }

  deliver(delivery: TrunkDelivery, sink: BranchSink): void {
    const { path } = delivery;
    // Path values below the edge's own are other proxies on the way to the device (RFC 3327 §5.3).
    const isBehindProxy = path.length > 1;
    this.#edge?.deliver(
      {
        branch: delivery.viaBranch,
        request: isBehindProxy ? withRoutes(delivery.request, path) : delivery.request,
        targetUri: delivery.targetUri,
        isSecured: delivery.isSecured,
        flowToken: delivery.flowToken,
        flowBound: delivery.flowBound,
        nextRoute: isBehindProxy ? `<${path[1]}>` : undefined,
      },
      (status, response) => sink.onFinal(status, response),
    );
  }

  reply(request: SipRequest, status: number, response: SipResponse | undefined): void {
    const via = request.topVia;
    if (via.ok && via.value.branch !== undefined) {
      this.#edge?.reply(via.value.branch, status, response);
    }
  }
}

function withRoutes(request: SipRequest, path: readonly string[]): SipRequest {
  const editor = new HeadEditor(request);
  for (let i = path.length - 1; i >= 1; i -= 1) editor.pushFirst(H.ROUTE, `Route: <${path[i]}>`);
  const parsed = parseMessage(editor.toHead(), request.body);
  return parsed.ok && parsed.value.kind === 'request' ? parsed.value : request;
}
