import type { ConfigProblem } from './config.ts';
import type { SipListener, TrunkAddress } from './config-value.ts';
import { VARIABLES } from './config-variables.ts';

/** What the rules for TLS look at. */
export type TlsConfig = {
  readonly sipListen?: readonly SipListener[];
  readonly tlsCert?: readonly string[] | undefined;
  readonly tlsKey?: readonly string[] | undefined;
  readonly tlsOcsp?: readonly string[] | undefined;
  readonly tlsTicketKeys?: string | undefined;
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
  const { tlsCert = [], tlsKey = [] } = config;
  if (tlsCert.length !== tlsKey.length && tlsCert.length > 0 && tlsKey.length > 0) {
    problems.push({
      variable: VARIABLES.tlsKey.name,
      fault: `names ${tlsKey.length} files, and ${VARIABLES.tlsCert.name} ${tlsCert.length}`,
      remedy: 'name the key of each certificate, in the order of the certificates',
    });
  }
  for (const name of ['tlsOcsp', 'tlsTicketKeys'] as const) {
    if (config[name] === undefined || listener !== undefined) continue;
    problems.push({
      variable: VARIABLES[name].name,
      fault: `is set, and ${VARIABLES.sipListen.name} has no tls:// or wss:// listener`,
      remedy: 'add a tls:// or wss:// listener, or unset it',
    });
  }
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

type Named = readonly [{ readonly name: string; readonly form: string }, unknown];

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
