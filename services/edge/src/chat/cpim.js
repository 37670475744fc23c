// Bodies of instant messages: message/cpim (RFC 3862) that asks to be told what becomes of it, what it is told (IMDN, RFC 5438), and signs that
// somebody writes (RFC 3994). Texts in, texts out.

/** @typedef {{ type: string, headers: ReadonlyMap<string, string>, content: string }} Cpim */
/** @typedef {'delivered' | 'displayed' | 'stored' | 'processed' | 'failed' | 'forbidden' | 'error'} Disposition */

const CPIM = 'message/cpim';
const IMDN = 'message/imdn+xml';
export const COMPOSING = 'application/im-iscomposing+xml';
/** What this page understands, as it stands in Accept. */
export const ACCEPTED = `text/plain, ${CPIM}, ${IMDN}, ${COMPOSING}`;
export const CPIM_TYPE = `${CPIM};charset=utf-8`;
const NAMESPACE = 'urn:ietf:params:imdn';
const DISPOSITIONS = [
  'delivered',
  'displayed',
  'stored',
  'processed',
  'failed',
  'forbidden',
  'error',
];

/** A message that wants to be told whether it was delivered.
 *  @param {{ from: string, to: string, id: string, atMs: number, text: string }} message `from` and `to` URIs, `id` a token
 *  @see RFC 5438 §7.1.1 */
export function formatMessage({ from, to, id, atMs, text }) {
  return formatCpim(
    [
      `From: <${from}>`,
      `To: <${to}>`,
      `DateTime: ${new Date(atMs).toISOString()}`,
      `NS: imdn <${NAMESPACE}>`,
      `imdn.Message-ID: ${id}`,
      'imdn.Disposition-Notification: positive-delivery, negative-delivery',
    ],
    ['Content-Type: text/plain;charset=utf-8'],
    text,
  );
}

/** That a message has arrived.
 *  @param {Cpim} request of a message that `wantsDelivery`
 *  @param {{ from: string, id: string, atMs: number }} parts of the notification itself
 *  @see RFC 5438 §7.2.1.1, §11 */
export function formatDelivered(request, { from, id, atMs }) {
  const recipient = escapeXml(uriOf(request.headers.get('To') ?? '') ?? from);
  const document =
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<imdn xmlns="urn:ietf:params:xml:ns:imdn">' +
    `<message-id>${escapeXml(messageIdOf(request))}</message-id>` +
    `<datetime>${escapeXml(request.headers.get('DateTime') ?? '')}</datetime>` +
    `<recipient-uri>${recipient}</recipient-uri><original-recipient-uri>${recipient}</original-recipient-uri>` +
    '<delivery-notification><status><delivered/></status></delivery-notification></imdn>';
  return formatCpim(
    [
      `From: <${from}>`,
      `To: ${request.headers.get('From')}`,
      `NS: imdn <${NAMESPACE}>`,
      `imdn.Message-ID: ${id}`,
      `DateTime: ${new Date(atMs).toISOString()}`,
    ],
    [`Content-Type: ${IMDN}`, 'Content-Disposition: notification'],
    document,
  );
}

/** @param {boolean} isActive  @see RFC 3994 §4 */
export function formatComposing(isActive) {
  const state = isActive ? 'active' : 'idle';
  const refresh = isActive ? `<refresh>${REFRESH_SEC}</refresh>` : '';
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">' +
    `<state>${state}</state><contenttype>text/plain</contenttype>${refresh}</isComposing>`
  );
}

/** How long a sign that somebody writes holds (RFC 3994 §3.3: 60 s at least, and 120 s where nothing is said). */
export const REFRESH_SEC = 60;
const UNSAID_REFRESH_SEC = 120;

/** How long somebody is taken to be writing; 0: has stopped.  @param {string} document  @returns {number} seconds */
export function parseComposing(document) {
  if (elementOf(document, 'state') !== 'active') return 0;
  const refreshSec = Number(elementOf(document, 'refresh') ?? UNSAID_REFRESH_SEC);
  return refreshSec >= REFRESH_SEC ? Math.min(refreshSec, 3_600) : REFRESH_SEC;
}

/** What a message holds, whatever its outer type.  @param {string} type Content-Type  @param {string} body
 *  @returns {Cpim | undefined} headers only of message/cpim; undefined: it cannot be read */
export function parseBody(type, body) {
  const name = typeOf(type);
  return name === CPIM ? parseCpim(body) : { type: name, headers: new Map(), content: body };
}

/** Does its sender want to hear that it has arrived? Never of a notification (RFC 5438 §7.2.1).  @param {Cpim} message */
export function wantsDelivery({ type, headers }) {
  const asked = headers.get('imdn.Disposition-Notification') ?? '';
  const names = asked.split(',').map(typeOf);
  return type !== IMDN && names.includes('positive-delivery') && headers.has('From');
}

/** @param {Cpim} message  @returns {string} '' where it has none */
export function messageIdOf({ headers }) {
  return headers.get('imdn.Message-ID') ?? '';
}

/** What has become of a message that was sent.  @param {Cpim} message
 *  @returns {{ id: string, disposition: Disposition } | undefined} undefined: it is no notification */
export function readNotification({ type, content }) {
  if (type !== IMDN) return undefined;
  const id = elementOf(content, 'message-id') ?? '';
  const status = /<(?:\w+:)?status>\s*<(?:\w+:)?([a-z]+)/.exec(content)?.[1] ?? '';
  const disposition = DISPOSITIONS.find((one) => one === status);
  return disposition === undefined ? undefined : { id, disposition };
}

function formatCpim(headers, mimeHeaders, content) {
  return `${headers.join('\r\n')}\r\n\r\n${mimeHeaders.join('\r\n')}\r\n\r\n${content}`;
}

/** Prefixes are put into those that this page writes itself. */
function parseCpim(body) {
  const headEnd = body.indexOf('\r\n\r\n');
  const mimeEnd = body.indexOf('\r\n\r\n', headEnd + 4);
  if (headEnd === -1 || mimeEnd === -1) return undefined;
  const rows = linesOf(body.slice(0, headEnd));
  const prefix = rows
    .map(([name, value]) => (name === 'NS' ? /^\s*(\w+)\s*<([^>]*)>/.exec(value) : null))
    .find((declared) => declared?.[2] === NAMESPACE)?.[1];
  const headers = new Map();
  for (const [name, value] of rows) {
    const dot = name.indexOf('.');
    const isImdn = prefix !== undefined && name.slice(0, dot) === prefix;
    headers.set(isImdn ? `imdn${name.slice(dot)}` : name, value);
  }
  const mime = new Map(
    linesOf(body.slice(headEnd + 4, mimeEnd)).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const type = typeOf(mime.get('content-type') ?? '');
  return type === '' ? undefined : { type, headers, content: body.slice(mimeEnd + 4) };
}

/** @returns {[string, string][]} */
function linesOf(block) {
  return block.split('\r\n').map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

function typeOf(value) {
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** The URI of a CPIM address. */
function uriOf(value) {
  return /<([^>]*)>/.exec(value)?.[1];
}

/** The text of the first element of that name. Notifications are flat and small, and what they say is shown as text, so this does. */
function elementOf(document, name) {
  const found = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([^<]*)<`).exec(document)?.[1];
  return found === undefined ? undefined : unescapeXml(found.trim());
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescapeXml(text) {
  const names = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_all, name) => names[name]);
}
