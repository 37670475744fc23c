import { connect } from 'node:net';
import type { ConnectOptions, Flow, SocketAddress } from './flow.ts';
import { FlowGroup } from './flow-group.ts';
import { withoutBrackets } from './socket-address.ts';
import { StreamFlow } from './stream-flow.ts';

/** Start a connection as a member of a group. */
export function connectInGroup(group: FlowGroup, remote: SocketAddress): StreamFlow {
  const { port } = remote;
  const address = withoutBrackets(remote.address);
  const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
  group.stats.opened++;
  const flow = new StreamFlow(socket, group, { address, port });
  group.enter(flow);
  return flow;
}

/**
 * Open a TCP connection. The flow can be sent on at once: messages wait for the connection, within the flow's cap.
 * A connection that cannot be made, or not within `connectMs`, ends in `onClosed`, without `onOpen`.
 */
export function connectTcp(options: ConnectOptions): Flow {
  return connectInGroup(new FlowGroup(options), options.remote);
}
