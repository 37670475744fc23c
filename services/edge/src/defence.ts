import { DEFAULT_PEER_CAPS, type PeerCaps } from '@hermod/transport';
import type { FlowRateLimit } from './domain/flow-rate.ts';

/** What the configuration of an edge says about abuse. Undefined: not set, so what is on loopback is spared. */
export type DefenceConfig = {
  readonly flowRate: number | undefined;
  readonly connectionsPerAddress: number | undefined;
  readonly bufferMb: number;
};

/** Requests per second of one flow: more than a person sends. */
const DEFAULT_FLOW_RATE = 100;
const MIB = 1_048_576;

/** `HERMOD_FLOW_RATE`; 0: no limit. */
export function flowRateLimit({ flowRate }: DefenceConfig): FlowRateLimit {
  const perSec = flowRate ?? DEFAULT_FLOW_RATE;
  return { perSec: perSec === 0 ? Infinity : perSec, sparesLoopback: flowRate === undefined };
}

/** `HERMOD_CONNECTIONS_PER_ADDRESS` and `HERMOD_BUFFER_MB`. */
export function peerCaps({ connectionsPerAddress, bufferMb }: DefenceConfig): PeerCaps {
  return {
    maxConnectionsPerAddress: connectionsPerAddress ?? DEFAULT_PEER_CAPS.maxConnectionsPerAddress,
    maxBytes: bufferMb * MIB,
    sparesLoopback: connectionsPerAddress === undefined,
  };
}
