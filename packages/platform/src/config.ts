import { z } from 'zod';
import { SERVICES, type ServiceConfig, type ServiceName } from './config-services.ts';
import { type TlsConfig, tlsProblems } from './config-tls.ts';
import { type TokenConfig, tokenProblems } from './config-tokens.ts';
import { areOnLoopback, hostsOf, isWildcard, type SipEndpoint } from './config-value.ts';
import { type Entry, VARIABLES } from './config-variables.ts';

/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One thing that is wrong with the environment. */
export type ConfigProblem = {
  readonly variable: string;
  /** What is wrong with the value, in words; never a secret. */
  readonly fault: string;
  /** What to do about it. */
  readonly remedy: string;
};

/** The outcome of {@link loadConfig}. */
export type LoadedConfig<N extends ServiceName> =
  | { readonly ok: true; readonly config: ServiceConfig<N> }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** What the rules across variables look at: the union of what services have. */
type CrossChecked = TlsConfig &
  TokenConfig & {
    readonly sipAdvertise?: readonly SipEndpoint[] | undefined;
    readonly chat?: boolean | undefined;
    readonly kafkaSaslMechanism?: string | undefined;
    readonly kafkaSaslUsername?: string | undefined;
    readonly kafkaSaslPassword?: string | undefined;
  };

const PREFIX = 'HERMOD_';
const TEST_PREFIX = 'HERMOD_TEST_';

/** The variables a service reads, in the order they are shown. */
export function entriesOf(service: ServiceName): readonly (readonly [string, Entry<unknown>])[] {
  return Object.entries(SERVICES[service]);
}

/** Check the environment of a service. An empty value counts as unset.
 *  @returns the typed configuration, or every problem found, in the order of the variables; never throws. */
export function loadConfig<N extends ServiceName>(service: N, env: Environment): LoadedConfig<N> {
  const problems = unknownVariables(env);
  const shape: Record<string, z.ZodType> = {};
  const texts: Record<string, string> = {};
  const entries = new Map(entriesOf(service));
  for (const [key, entry] of entries) {
    shape[key] = entry.schema;
    const text = env[entry.variable.name]?.trim();
    if (text !== undefined && text !== '') texts[key] = text;
  }
  const result = z.object(shape).safeParse(texts);
  if (!result.success) {
    for (const issue of result.error.issues) {
      const key = String(issue.path[0]);
      const variable = entries.get(key)?.variable;
      if (variable === undefined) continue;
      const fault =
        texts[key] === undefined ? `is not set, and the ${service} needs it` : issue.message;
      problems.push({ variable: variable.name, fault, remedy: `set it to ${variable.form}` });
    }
    return { ok: false, problems };
  }
  problems.push(...crossProblems(result.data, entries.has('trunkAdvertise')));
  if (problems.length > 0) return { ok: false, problems };
  const config = { ...result.data, ...derivedFrom(result.data) };
  // `shape` was built key by key from SERVICES[service], from which ServiceConfig<N> is inferred.
  return { ok: true, config: config as ServiceConfig<N> };
}

function unknownVariables(env: Environment): ConfigProblem[] {
  const known = Object.values(VARIABLES).map((variable) => variable.name);
  const problems: ConfigProblem[] = [];
  for (const name of Object.keys(env).sort()) {
    if (!name.startsWith(PREFIX) || name.startsWith(TEST_PREFIX) || known.includes(name)) continue;
    const nearest = nearestName(name, known);
    problems.push({
      variable: name,
      fault: 'is not a variable of any service',
      remedy:
        nearest === undefined ? 'remove it; --help lists them all' : `did you mean ${nearest}?`,
    });
  }
  return problems;
}

/** What an unset variable takes from others: anybody who reaches a listener beyond loopback must prove who it is,
 *  and so must all where there are tokens to do it by. */
function derivedFrom({ sipListen, auth, tokenJwks }: CrossChecked): Pick<CrossChecked, 'auth'> {
  if (sipListen === undefined || auth !== undefined) return {};
  return { auth: areOnLoopback(sipListen) && tokenJwks === undefined ? 'open' : 'digest' };
}

/** Rules that involve more than one variable, or a variable's absence.
 *  @param isTrunkTold whether this service tells others its trunk address: a registrar is only listed by edges */
function crossProblems(config: CrossChecked, isTrunkTold: boolean): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (
    config.sipListen?.some((at) => hostsOf(at).some(isWildcard)) &&
    config.sipAdvertise === undefined
  ) {
    problems.push(advertiseProblem(VARIABLES.sipAdvertise, VARIABLES.sipListen.name));
  }
  const { trunkListen, trunkAdvertise } = config;
  if (isTrunkTold && trunkAdvertise === undefined && isWildcard(trunkListen?.host ?? '')) {
    problems.push(advertiseProblem(VARIABLES.trunkAdvertise, VARIABLES.trunkListen.name));
  }
  problems.push(
    ...tlsProblems(config),
    ...tokenProblems(config),
    ...chatProblems(config),
    ...saslProblems(config),
  );
  return problems;
}

function chatProblems({ chat, sipListen }: CrossChecked): readonly ConfigProblem[] {
  const isReachable = sipListen?.some(({ transport }) => transport === 'ws' || transport === 'wss');
  if (chat !== true || isReachable === true) return [];
  return [
    {
      variable: VARIABLES.chat.name,
      fault: `is on, and ${VARIABLES.sipListen.name} has no listener that a browser could use`,
      remedy: 'add a ws:// or wss:// listener, or unset it',
    },
  ];
}

function advertiseProblem(
  variable: { readonly name: string; readonly form: string },
  listen: string,
): ConfigProblem {
  return {
    variable: variable.name,
    fault: `is not set, and ${listen} listens on every interface, which is no address to tell others`,
    remedy: `set it to ${variable.form}`,
  };
}

function saslProblems(config: CrossChecked): readonly ConfigProblem[] {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username } = config;
  const pairs = [
    [VARIABLES.kafkaSaslMechanism, mechanism],
    [VARIABLES.kafkaSaslUsername, username],
    [VARIABLES.kafkaSaslPassword, config.kafkaSaslPassword],
  ] as const;
  const unset = pairs.filter(([, value]) => value === undefined);
  if (unset.length === 0 || unset.length === pairs.length) return [];
  return unset.map(([variable]) => ({
    variable: variable.name,
    fault: 'is not set, and other HERMOD_KAFKA_SASL_ variables are',
    remedy: `set it to ${variable.form}, or unset the others`,
  }));
}

/** The known name with the least edit distance, if that is small enough to be a slip. */
function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = 4;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
