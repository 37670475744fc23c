// RFC 3261 §16.6 steps 1–10: the head of a request on its way on. The body is never touched.
import { HeadEditor } from '../head-editor.ts';
import { H } from '../header-name.ts';
import type { SipRequest } from '../message.ts';
import { parseNameAddr } from '../name-addr.ts';
import { formatSipUri, parseUri } from '../uri.ts';
import { INITIAL_MAX_FORWARDS, maxForwardsOf } from './max-forwards.ts';

/** How a request is to be changed for one ForkBranch. */
export type ForwardOptions = {
  /** The target; parameters that are illegal in a Request-URI are stripped. */
  readonly requestUri: string;
  /** Our Via value, without the header name: `SIP/2.0/TCP host:port;branch=…`. */
  readonly via: string;
  /** What the top Via value of the request becomes below ours: with `received` and `rport` (RFC 3261 §18.2.1). Undefined: as it is. */
  readonly receivedVia?: string;
  /** Route values to put on top, topmost first, each a name-addr `<sip:…;lr>`. */
  readonly routes: readonly string[];
  /** Route values to take off the top first. */
  readonly popRoutes: number;
  /** Take off the last Route value, too (see `RouteStep`). */
  readonly dropLastRoute?: boolean;
  /** Record-Route values to put above those there are, topmost first. */
  readonly recordRoutes?: readonly string[];
  /** Max-Breadth of this branch, 1–60; undefined: left as it is (RFC 5393 §5.3.3). */
  readonly maxBreadth?: number;
  /** Add a Content-Length when there is none: needed on streams. */
  readonly contentLength?: boolean;
};

/**
 * Rewrite the head: start line, Max-Forwards, Max-Breadth, Record-Route, Route, Via. Everything else is copied byte for byte.
 *
 * A topmost Route without `lr` (strict router) becomes the Request-URI, which goes to the end of Route (§16.6 step 6).
 *
 * @param request passed `checkRequest` where it came in; a Max-Forwards that is 0 since stays 0
 * @returns latin1 head through the empty line
 */
export function forwardRequest(request: SipRequest, options: ForwardOptions): string {
  return editForward(request, options).toHead();
}

/** {@link forwardRequest}, open for what else an element changes. */
export function editForward(request: SipRequest, options: ForwardOptions): HeadEditor {
  const editor = new HeadEditor(request);
  let requestUri = legalRequestUri(options.requestUri);
  const routes = options.routes;
  if (request.has(H.ROUTE)) {
    requestUri = editRoutes(request, editor, options, requestUri);
  }
  for (let i = routes.length - 1; i >= 0; i -= 1) {
    editor.pushFirst(H.ROUTE, `Route: ${routes[i] ?? ''}`);
  }
  if (requestUri !== request.requestUri || request.version !== 'SIP/2.0') {
    editor.startLine(`${request.method} ${requestUri} SIP/2.0`);
  }
  const maxForwards = maxForwardsOf(request);
  const next = maxForwards === undefined ? INITIAL_MAX_FORWARDS : Math.max(0, maxForwards - 1);
  editor.replace(H.MAX_FORWARDS, `Max-Forwards: ${next}`);
  if (options.maxBreadth !== undefined) {
    editor.replace(H.MAX_BREADTH, `Max-Breadth: ${options.maxBreadth}`);
  }
  const recordRoutes = options.recordRoutes;
  if (recordRoutes !== undefined) {
    for (let i = recordRoutes.length - 1; i >= 0; i -= 1) {
      editor.pushFirst(H.RECORD_ROUTE, `Record-Route: ${recordRoutes[i] ?? ''}`);
    }
  }
  if (options.receivedVia !== undefined) {
    editor.popFirstValue(H.VIA).pushFirst(H.VIA, `Via: ${options.receivedVia}`);
  }
  editor.pushFirst(H.VIA, `Via: ${options.via}`);
  if (options.contentLength === true && !request.has(H.CONTENT_LENGTH)) {
    editor.append(`Content-Length: ${request.body.length}`);
  }
  return editor;
}

// Returns the Request-URI, which a strict router as next hop changes.
function editRoutes(
  request: SipRequest,
  editor: HeadEditor,
  options: ForwardOptions,
  requestUri: string,
): string {
  const values = request.values(H.ROUTE);
  const last = options.dropLastRoute === true ? values.length - 1 : values.length;
  const strictUri =
    options.routes.length === 0 && options.popRoutes < last
      ? strictRouter(values[options.popRoutes] ?? '')
      : undefined;
  if (strictUri === undefined && last === values.length) {
    for (let i = 0; i < options.popRoutes; i += 1) editor.popFirstValue(H.ROUTE);
    return requestUri;
  }
  // Rare: the list changes at its end, so it is written anew.
  const first = strictUri === undefined ? options.popRoutes : options.popRoutes + 1;
  let list = '';
  for (let i = first; i < last; i += 1) list += `${list === '' ? '' : ', '}${values[i] ?? ''}`;
  if (strictUri !== undefined) list += `${list === '' ? '' : ', '}<${requestUri}>`;
  if (list === '') editor.removeAll(H.ROUTE);
  else editor.replace(H.ROUTE, `Route: ${list}`);
  return strictUri ?? requestUri;
}

// The URI of a Route value without `lr`, which only a strict router has; undefined for a loose router.
function strictRouter(value: string): string | undefined {
  const route = parseNameAddr(value);
  if (!route.ok || !route.value.uri.ok) return undefined;
  const uri = route.value.uri.value;
  return uri.kind === 'sip' && !uri.params.has('lr')
    ? legalRequestUri(route.value.uriText)
    : undefined;
}

/** Strip what may not stand in a Request-URI: the `method` parameter and the `?headers`, which are never turned into headers.
 *  @see RFC 3261 §16.6 step 2, §19.1.1 table 1, §19.1.5 */
export function legalRequestUri(text: string): string {
  if (!text.includes('?') && !text.includes('method') && !text.toLowerCase().includes(';method')) {
    return text;
  }
  const uri = parseUri(text);
  if (!uri.ok || uri.value.kind !== 'sip') return text;
  const { kind, scheme, user, password, host, port, params } = uri.value;
  return formatSipUri({
    kind,
    scheme,
    user,
    password,
    host,
    port,
    params: params.without('method'),
    headers: undefined,
  });
}
