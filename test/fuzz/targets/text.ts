import { canonicalAor, ServedDomains } from '@hermod/contracts';
import {
  formatSipDate,
  legalRequestUri,
  parseNameAddr,
  parseSipDate,
  parseUri,
  parseVia,
  type SipUri,
} from '@hermod/sip';
import { appendListValues } from '../../../packages/sip/src/list.ts';
import { formatSipUri } from '../../../packages/sip/src/uri.ts';
import { sipUriEquals } from '../../../packages/sip/src/uri-equality.ts';
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts';
import { date, nameAddr, sipUri, via } from '../grammar.ts';
import { mutate } from '../mutate.ts';
import type { Random } from '../random.ts';
import { SEEDS } from '../seeds.ts';

const SEED_LINES: readonly string[] = SEEDS.flatMap((seed) => seed.split('\r\n')).filter(
  (line) => line.length > 0 && line.length < 2000,
);

/** A target whose input is one text. */
function textTarget(
  name: string,
  weight: number,
  make: (random: Random) => string,
  check: (text: string) => void,
): FuzzTarget {
  return {
    name,
    weight,
    make: (random) => {
      const text = random.chance(95) ? make(random) : random.pick(SEED_LINES);
      return Buffer.from(random.chance(50) ? mutate(random, text, SEED_LINES) : text, 'latin1');
    },
    check: (input) => check(Buffer.from(input).toString('latin1')),
  };
}

function checkSipUri(uri: SipUri): void {
  const text = formatSipUri(uri);
  const again = parseUri(text);
  must(again.ok && again.value.kind === 'sip', 'a formatted URI parses');
  mustEqual(formatSipUri(again.value), text, 'parse and format are stable');
  must(sipUriEquals(uri, again.value), 'a URI equals itself, written again');
  must(sipUriEquals(again.value, uri), 'equality has no direction');
  const domains = new ServedDomains([uri.host], true);
  const aor = canonicalAor(uri, domains);
  must(aor !== undefined, 'a served host has an AoR');
  const canonical = parseUri(aor);
  must(canonical.ok && canonical.value.kind === 'sip', 'an AoR is a SIP URI');
  mustEqual(canonicalAor(canonical.value, domains), aor, 'the canonical form is its own');
}

/** RFC 3261 §19.1: one URI. */
export const uriTarget = textTarget('uri', 3, sipUri, (text) => {
  const uri = parseUri(text);
  const legal = legalRequestUri(text);
  mustEqual(legalRequestUri(legal), legal, 'a legal Request-URI stays as it is');
  if (!uri.ok) return;
  const after = parseUri(legal);
  must(after.ok, 'a legal Request-URI parses');
  if (uri.value.kind !== 'sip') return;
  must(after.value.kind === 'sip', 'a SIP URI stays one');
  must(
    after.value.headers === undefined && !after.value.params.has('method'),
    'no headers and no method in a Request-URI (RFC 3261 §19.1.1)',
  );
  checkSipUri(uri.value);
});

/** RFC 3261 §20.10: a name-addr, and a list of them. */
export const nameAddrTarget = textTarget('name-addr', 3, nameAddr, (text) => {
  const values: string[] = [];
  appendListValues(text, values);
  for (const value of values) {
    const address = parseNameAddr(value);
    if (!address.ok) continue;
    const { displayName, uriText, params } = address.value;
    const name = displayName === undefined ? '' : `"${displayName.replace(/["\\]/g, '\\$&')}" `;
    const again = parseNameAddr(`${name}<${uriText}>${params.format()}`);
    must(again.ok, 'a formatted address parses');
    mustEqual(again.value.displayName, displayName, 'the display name is kept');
    mustEqual(again.value.uriText, uriText, 'the URI is kept');
    mustEqual(again.value.params.format(), params.format(), 'the parameters are kept');
    mustEqual(again.value.tag, address.value.tag, 'the tag is kept');
    mustEqual(again.value.uri.ok, address.value.uri.ok, 'the verdict on the URI is kept');
  }
});

/** RFC 3261 §20.42: one Via value. */
export const viaTarget = textTarget('via', 2, via, (text) => {
  const one = parseVia(text);
  if (!one.ok) return;
  const { protocol, transport, sentBy, params } = one.value;
  const written = `${protocol}/${transport} ${sentBy}${params.format()}`;
  const again = parseVia(written);
  must(again.ok, 'a formatted Via parses');
  mustEqual(
    `${again.value.protocol}/${again.value.transport} ${again.value.sentBy}${again.value.params.format()}`,
    written,
    'parse and format are stable',
  );
  mustEqual(again.value.branch, one.value.branch, 'the branch is kept');
  mustEqual(again.value.rport, one.value.rport, 'rport is kept');
  mustEqual(again.value.received, one.value.received, 'received is kept');
});

/** RFC 3261 §20.17: a Date. */
export const dateTarget = textTarget('date', 1, date, (text) => {
  const date = parseSipDate(text);
  if (!date.ok) return;
  const again = parseSipDate(formatSipDate(date.value));
  must(again.ok, 'a formatted date parses');
  mustEqual(again.value, date.value, 'a date is kept');
});
