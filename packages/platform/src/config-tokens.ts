import type { ConfigProblem } from './config.ts';
import { hostsOf, isLoopback, type SipListener } from './config-value.ts';
import { VARIABLES } from './config-variables.ts';

/** What the rules for access tokens look at. */
export type TokenConfig = {
  readonly sipListen?: readonly SipListener[];
  readonly auth?: 'open' | 'digest' | 'token' | undefined;
  readonly tokenJwks?: string | undefined;
  readonly tokenIssuer?: string | undefined;
  readonly tokenAudience?: string | undefined;
  readonly tokenScope?: string | undefined;
  readonly wsRequireToken?: boolean;
};

/** Tokens need keys, an issuer, and a listener that they may come over. */
export function tokenProblems(config: TokenConfig): readonly ConfigProblem[] {
  const { tokenJwks, sipListen = [] } = config;
  if (tokenJwks === undefined) return withoutKeys(config);
  const problems: ConfigProblem[] = [];
  if (config.tokenIssuer === undefined) {
    const { name, form } = VARIABLES.tokenIssuer;
    const fault = `is not set, and ${VARIABLES.tokenJwks.name} is`;
    problems.push({ variable: name, fault, remedy: `set it to ${form}` });
  }
  if (config.auth === 'open') {
    problems.push({
      variable: VARIABLES.auth.name,
      fault: `is open, and ${VARIABLES.tokenJwks.name} is set: nobody would be asked for a token`,
      remedy: 'set it to digest or token, or unset it',
    });
  }
  // RFC 6750 §5.3: never where somebody can read along.
  if (!sipListen.some(mayCarryTokens)) {
    problems.push({
      variable: VARIABLES.tokenJwks.name,
      fault: `is set, and ${VARIABLES.sipListen.name} has no listener that tokens may come over`,
      remedy: 'add a tls:// or wss:// listener, or one on a loopback address, or unset it',
    });
  }
  if (config.wsRequireToken === true && !sipListen.some(isForBrowsers)) {
    problems.push({
      variable: VARIABLES.wsRequireToken.name,
      fault: `is on, and ${VARIABLES.sipListen.name} has no ws:// or wss:// listener`,
      remedy: 'add one, or unset it',
    });
  }
  return problems;
}

/** What means nothing unless HERMOD_TOKEN_JWKS is set. */
function withoutKeys(config: TokenConfig): readonly ConfigProblem[] {
  const needs = [
    [config.auth === 'token', `${VARIABLES.auth.name} is token`],
    [config.tokenIssuer !== undefined, `${VARIABLES.tokenIssuer.name} is`],
    [config.tokenAudience !== undefined, `${VARIABLES.tokenAudience.name} is`],
    [config.tokenScope !== undefined, `${VARIABLES.tokenScope.name} is`],
    [config.wsRequireToken === true, `${VARIABLES.wsRequireToken.name} is on`],
  ] as const;
  const [, why] = needs.find(([isSet]) => isSet) ?? [];
  if (why === undefined) return [];
  const { name, form } = VARIABLES.tokenJwks;
  return [{ variable: name, fault: `is not set, and ${why}`, remedy: `set it to ${form}` }];
}

function isForBrowsers({ transport }: SipListener): boolean {
  return transport === 'ws' || transport === 'wss';
}

function mayCarryTokens(listener: SipListener): boolean {
  const { transport } = listener;
  return transport === 'tls' || transport === 'wss' || hostsOf(listener).every(isLoopback);
}
