import type { FuzzTarget } from '../fuzz-target.ts';
import { cpimTarget } from './cpim.ts';
import { credentialsTarget, preferencesTarget } from './credentials.ts';
import { deviceTarget } from './device.ts';
import { edgeTarget } from './edge.ts';
import { datagramTarget, streamTarget } from './message.ts';
import { recordsTarget } from './records.ts';
import { registerTarget } from './register.ts';
import { stunTarget } from './stun.ts';
import { dateTarget, nameAddrTarget, uriTarget, viaTarget } from './text.ts';

/** Everything that is fuzzed. */
export const TARGETS: readonly FuzzTarget[] = [
  uriTarget,
  nameAddrTarget,
  viaTarget,
  dateTarget,
  datagramTarget,
  streamTarget,
  registerTarget,
  edgeTarget,
  deviceTarget,
  recordsTarget,
  cpimTarget,
  credentialsTarget,
  preferencesTarget,
  stunTarget,
];
