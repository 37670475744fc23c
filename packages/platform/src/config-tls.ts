import type { ConfigProblem } from './config.ts';
import type { SipListener, TrunkAddress } from './config-value.ts';
import { VARIABLES } from './config-variables.ts';

/** What the rules for TLS look at. */
export type TlsConfig = {
  readonly sipListen?: readonly SipListener[];
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsClientCa?: string | undefined;
  readonly trunkListen?: TrunkAddress;
  readonly trunkAdvertise?: TrunkAddress | undefined;
  readonly edges?: readonly TrunkAddress[];
  readonly registrars?: readonly TrunkAddress[];
  readonly trunkTlsCert?: string | undefined;
  readonly trunkTlsKey?: string | undefined;
  readonly trunkTlsCa?: string | undefined;
};

/** Every listener for TLS needs its files, and a certificate its key. */
export function tlsProblems(config: TlsConfig): readonly ConfigProblem[] {
  const { sipListen, trunkListen, trunkAdvertise, edges = [], registrars = [] } = config;
  const problems: ConfigProblem[] = [];
  const listensTls = sipListen?.some(({ transport }) => transport === 'tls') === true;
  const listener = sipListen?.find(({ transport }) => transport === 'tls' || transport === 'wss');
  const pair = [
    [VARIABLES.tlsCert, config.tlsCert],
    [VARIABLES.tlsKey, config.tlsKey],
  ] as const;
  const reason = `${VARIABLES.sipListen.name} has a ${listener?.transport}:// listener`;
  problems.push(...unsetOf(pair, listener === undefined ? undefined : reason));
  if (config.tlsClientCa !== undefined && !listensTls) {
    problems.push({
      variable: VARIABLES.tlsClientCa.name,
      fault: `is set, and ${VARIABLES.sipListen.name} has no tls:// listener that could ask for certificates`,
      remedy: 'add a tls:// listener, or unset it',
    });
  }
  const trunks = [trunkListen, ...edges, ...registrars];
  const files = [
    [VARIABLES.trunkTlsCert, config.trunkTlsCert],
    [VARIABLES.trunkTlsKey, config.trunkTlsKey],
    [VARIABLES.trunkTlsCa, config.trunkTlsCa],
  ] as const;
  const trunkTls = trunks.some((trunk) => trunk?.transport === 'tls');
  problems.push(...unsetOf(files, trunkTls ? 'a trunk address is tls://' : undefined));
  if (trunkListen !== undefined && trunkAdvertise !== undefined) {
    if (trunkListen.transport !== trunkAdvertise.transport) {
      problems.push({
        variable: VARIABLES.trunkAdvertise.name,
        fault: `is ${trunkAdvertise.transport}://, and ${VARIABLES.trunkListen.name} is ${trunkListen.transport}://`,
        remedy: `begin both with ${trunkListen.transport}://`,
      });
    }
  }
  return problems;
}

type Named = readonly [{ readonly name: string; readonly form: string }, string | undefined];

/** Those that are not set although they are needed, or others of them are. @param reason why all are needed */
function unsetOf(variables: readonly Named[], reason: string | undefined): ConfigProblem[] {
  const unset = variables.filter(([, value]) => value === undefined);
  const set = variables.find(([, value]) => value !== undefined);
  const why = reason ?? (set === undefined ? undefined : `${set[0].name} is`);
  if (why === undefined) return [];
  return unset.map(([{ name, form }]) => ({
    variable: name,
    fault: `is not set, and ${why}`,
    remedy: `set it to ${form}`,
  }));
}
