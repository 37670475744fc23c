import { PlatformError } from '@hermod/contracts';
import type { Clock, TokenError } from '@hermod/sip';
import type { AuthorizeUpgrade, UpgradeRefusal } from '@hermod/transport';
import type { Authenticator } from '../domain/authentication/authenticator.ts';

const UNAVAILABLE: UpgradeRefusal = {
  status: 503,
  headers: ['Retry-After: 5'],
  text: 'access tokens cannot be verified now\n',
};

/** Lets whoever opens a WebSocket prove at once whose it is (RFC 7118 §7): its flow then needs no further proof.
 *  @param isRequired nobody opens one without a token  @returns undefined where no tokens are taken */
export function upgradeAuthorization(
  authenticator: Authenticator | undefined,
  clock: Clock,
  isRequired: boolean,
): AuthorizeUpgrade | undefined {
  if (authenticator?.protection.takesTokens !== true) return undefined;
  return async (flow, token) => {
    if (token === undefined && !isRequired) return undefined;
    const nowMs = clock.nowMs();
    let refusal = authenticator.admitFlow(flow, token, nowMs);
    if (refusal?.ok === 'load') {
      try {
        await authenticator.load(refusal, nowMs);
      } catch (error) {
        if (error instanceof PlatformError) return UNAVAILABLE;
        throw error;
      }
      refusal = authenticator.admitFlow(flow, token, clock.nowMs());
    }
    if (refusal === undefined) return undefined;
    return refusal.ok === 'load' ? UNAVAILABLE : unauthorized(authenticator, refusal.error);
  };
}

/** RFC 6750 §3: another token than this one, or one that allows more. */
function unauthorized(authenticator: Authenticator, error: TokenError | undefined): UpgradeRefusal {
  return {
    status: error === 'insufficient_scope' ? 403 : 401,
    headers: [`WWW-Authenticate: ${authenticator.httpChallenge(error)}`, 'Cache-Control: no-store'],
    text: 'a WebSocket is opened here with an access token, over TLS\n',
  };
}
