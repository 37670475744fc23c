// RFC 3261 §16.3: request validation, in its order. Authentication (step 6) is the edge's, after these.
import { H } from '../header-name.ts';
import type { SipRequest } from '../message.ts';
import { validateRequest } from '../validate.ts';
import { hasLooped } from './loop.ts';
import { maxForwardsOf } from './max-forwards.ts';
import type { ProxyReject } from './reject.ts';

/** What {@link checkRequest} needs to know about this element. */
export type CheckContext = {
  /** Option tags understood in Proxy-Require, lower case. */
  readonly supportedExtensions: ReadonlySet<string>;
  /** Request-URI schemes understood, lower case. */
  readonly schemes: ReadonlySet<string>;
  readonly loop: {
    /** {@link loopHash} of this request. */
    readonly hash: string;
    readonly isOurSentBy: (sentBy: string) => boolean;
  };
};

/**
 * Check a request in the order of RFC 3261 §16.3: syntax, URI scheme, Max-Forwards, loop, Proxy-Require.
 *
 * @returns undefined to go on, else 400, 505, 416, 483, 482 or 420 (with Unsupported). An OPTIONS with Max-Forwards 0 also gets 483:
 *   an element that wants to answer it itself does so before.
 */
export function checkRequest(request: SipRequest, context: CheckContext): ProxyReject | undefined {
  const invalid = validateRequest(request);
  if (invalid !== undefined) return { ok: false, status: invalid.status, reason: invalid.reason };
  const uri = request.uri;
  if (!uri.ok) return { ok: false, status: uri.status, reason: uri.reason };
  if (!context.schemes.has(uri.value.scheme)) return { ok: false, status: 416 };
  // RFC 3261 §16.3 step 3: an absent Max-Forwards passes.
  if (maxForwardsOf(request) === 0) return { ok: false, status: 483 };
  const { isOurSentBy, hash } = context.loop;
  if (hasLooped(request, isOurSentBy, hash)) return { ok: false, status: 482 };
  if (request.has(H.PROXY_REQUIRE)) return checkProxyRequire(request, context);
  return undefined;
}

// RFC 3261 §16.3 step 5: 420 lists every option tag we do not understand.
function checkProxyRequire(request: SipRequest, context: CheckContext): ProxyReject | undefined {
  const tags = request.values(H.PROXY_REQUIRE);
  const unsupported = unsupportedTags(tags, context.supportedExtensions);
  if (unsupported === '') return undefined;
  return { ok: false, status: 420, headers: [`Unsupported: ${unsupported}`] };
}

/** The option tags of `tags` that are not in `supported` (lower case), comma-separated; '' for none. Empty list items are ignored. */
export function unsupportedTags(tags: readonly string[], supported: ReadonlySet<string>): string {
  let out = '';
  for (let i = 0; i < tags.length; i += 1) {
    const tag = tags[i] ?? '';
    if (tag === '' || supported.has(tag.toLowerCase())) continue;
    out += out === '' ? tag : `, ${tag}`;
  }
  return out;
}
