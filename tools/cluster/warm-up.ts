import { setTimeout as delay } from 'node:timers/promises';
import { SipPeer } from '@hermod/testkit';

/** A cold broker and cold routers take seconds for what takes milliseconds later: the first users should not be the ones to find out. */
const MIN_MS = 6_000;
const MAX_MS = 40_000;
/** Warm: the slowest of a second's messages took no longer. */
const GOOD_P99_MS = 60;
const GOOD_SECONDS = 3;
const PER_SECOND = 1_000;
const SLICE_MS = 20;
const RECIPIENTS = 64;

/** The route that is warmed up. */
export type WarmUpRoute = {
  /** SIP/TCP port of the edge that registers. */
  readonly registerPort: number;
  /** SIP/TCP port of the edge that takes the messages. */
  readonly sendPort: number;
  readonly domain: string;
};

/** Sends messages to recipients of its own through the whole cluster until they come back quickly.
 *  @returns false when that did not happen in time: the cluster works all the same, more slowly */
export async function warmUp(
  route: WarmUpRoute,
  isStopping: () => boolean,
): Promise<{ readonly isWarm: boolean; readonly p99Ms: number }> {
  const options = { domain: route.domain, user: 'hermod-warm-up' };
  const device = await SipPeer.tcp(route.registerPort, options);
  const sender = await SipPeer.tcp(route.sendPort, options);
  try {
    const aors = Array.from(
      { length: RECIPIENTS },
      (_, i) => `sip:hermod-warm-up-${i}@${route.domain}`,
    );
    for (const aor of aors) {
      await device.register(aor, { callId: `${aor}-warm-up`, expires: 60 });
    }
    const startMs = performance.now();
    let good = 0;
    let p99Ms = 0;
    while (good < GOOD_SECONDS || performance.now() - startMs < MIN_MS) {
      if (isStopping() || performance.now() - startMs > MAX_MS) return { isWarm: false, p99Ms };
      p99Ms = await oneSecond(sender, aors);
      device.received.length = 0;
      good = p99Ms <= GOOD_P99_MS ? good + 1 : 0;
    }
    for (const aor of aors) {
      await device.register(aor, { callId: `${aor}-warm-up`, expires: 0 });
    }
    return { isWarm: true, p99Ms };
  } finally {
    await sender.close();
    await device.close();
  }
}

/** @returns the 99th percentile of the response times of a second's messages; Infinity when one was not answered 200 */
async function oneSecond(sender: SipPeer, aors: readonly string[]): Promise<number> {
  const inSlice = (PER_SECOND * SLICE_MS) / 1000;
  const exchanges: Promise<number>[] = [];
  const endMs = performance.now() + 1000;
  for (let n = 0; performance.now() < endMs; ) {
    for (let i = 0; i < inSlice; i += 1, n += 1) {
      const sent = sender.sendMessage(aors[n % aors.length] ?? '', 'warm-up', {
        timeoutMs: 10_000,
        // Never stored: a cold start leaves no mail behind.
        headers: ['Expires: 0'],
      });
      exchanges.push(
        sent.then(
          ({ status, elapsedMs }) => (status === 200 ? elapsedMs : Number.POSITIVE_INFINITY),
          () => Number.POSITIVE_INFINITY,
        ),
      );
    }
    await delay(SLICE_MS);
  }
  const times = (await Promise.all(exchanges)).sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] ?? 0;
}
