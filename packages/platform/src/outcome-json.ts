import type { OutcomeRecord } from '@hermod/contracts';

/** One outcome as one line of JSON without the line end. Once per message, so put together by hand: an AoR is quoted
 *  properly only where it needs to be; the other strings are ours. */
export function formatOutcome(outcome: OutcomeRecord): string {
  return (
    `{"deliveryId":"${outcome.deliveryId}","aor":${quoted(outcome.aor)},` +
    `"outcome":"${outcome.outcome}","status":${outcome.status},"atMs":${outcome.atMs}}`
  );
}

function quoted(text: string): string {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x22 || code === 0x5c) return JSON.stringify(text);
  }
  return `"${text}"`;
}
