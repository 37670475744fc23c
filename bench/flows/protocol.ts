import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What the process that holds the flows tells of itself, after a collection of garbage. */
export type Reading = {
  readonly heapBytes: number;
  /** Of buffers and the like, outside V8's heap. */
  readonly externalBytes: number;
  /** In memory, pages of files left out. */
  readonly residentBytes: number;
  /** Longest time that the loop stood still since it was watched. */
  readonly longestStopMs: number;
};

/** How devices connect. */
export type DeviceTransport = 'tcp' | 'tls' | 'ws';

/** What the devices are asked to do. */
export type DeviceCommand =
  | {
      readonly kind: 'connect';
      readonly transport: DeviceTransport;
      readonly port: number;
      /** So many are to be connected and registered, those that are already included. */
      readonly count: number;
      /** Each says so often that it lives, RFC 5626 §4.4.1. */
      readonly pingSec: number;
    }
  /** All connections break at once, and all devices come back at once. */
  | { readonly kind: 'storm' }
  | { readonly kind: 'leave' };

/** What they answer when it is done. */
export type DeviceReport = {
  readonly registered: number;
  readonly tookMs: number;
  /** Connections that came to nothing, or broke without our doing: tried again. */
  readonly failed: number;
  readonly pings: number;
  readonly pongs: number;
};

/** Asks a child one thing.  @returns its answer, which it gives in the form that belongs to the question */
export async function ask<T>(child: ChildProcess, question: DeviceCommand | string): Promise<T> {
  child.send(question);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('a process has ended')));
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  return answer as T;
}
