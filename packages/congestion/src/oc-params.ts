import type { Params } from '@hermod/sip';

/** What a client adds to its own Via to say that it obeys `oc`. Not `rate` (RFC 7415) too, which is obeyed where somebody asks for it all the same:
 *  Kamailio 5.6 takes no request with a comma in a quoted parameter of a Via.  @see RFC 7339 §5.1 */
export const OC_OFFER = ';oc;oc-algo="loss"';

/** How a neighbour wants to be spared: a share of what there is to send, or a number per second. */
export type OcAlgorithm = 'loss' | 'rate';

/** What a server says in the Via of its client. */
export type OcFeedback = {
  readonly algorithm: OcAlgorithm;
  /** loss: per cent of requests to leave out, 0–100; rate: requests per second. */
  readonly value: number;
  /** 0: there is no limit, whatever the value. */
  readonly validityMs: number;
  /** Both parts of oc-seq; the second in units of 10⁻⁵. */
  readonly seq: readonly [number, number];
};

const DEFAULT_VALIDITY_MS = 500;
const MAX_LOSS = 100;
const DIGITS = /^\d{1,12}$/;
const SEQ = /^(\d{1,12})\.(\d{1,5})$/;
const NAMES: ReadonlySet<string> = new Set(['oc', 'oc-algo', 'oc-validity', 'oc-seq']);
/** One of the three that say something, as it may stand in a Via. */
const SAID = /;[ \t]*oc(?:-validity|-seq)?[ \t]*=/i;

/** Is it one of the four parameters, which go no further than one hop?  @param name any case  @see RFC 7339 §5.6 */
export function isOcParam(name: string): boolean {
  return name.length <= 11 && NAMES.has(name.toLowerCase());
}

/** The parameters of a Via but those four. */
export function withoutOc(via: Params): Params {
  let left = via;
  for (const name of NAMES) left = left.without(name);
  return left;
}

/** Does a server say something by `oc` in this text? An offer of a client is nothing.  @param vias whole Via values, or more */
export function saysOc(vias: string): boolean {
  return SAID.test(vias);
}

/** Does this client obey `oc`, and know the one algorithm that everybody has to?
 *  @param via parameters of its topmost Via  @see RFC 7339 §4.1, §4.2 */
export function offersLoss(via: Params): boolean {
  return via.get('oc') === true && algorithms(via).includes('loss');
}

/** What the server said in our Via; undefined when it said nothing, or nothing that the grammar allows: it counts as silent then.
 *  @param via parameters of the topmost Via of a response  @see RFC 7339 §4, §9 */
// oc = "oc" [EQUAL oc-num]; oc-num = 1*DIGIT; oc-validity = "oc-validity" [EQUAL delta-ms]
// oc-seq = "oc-seq" EQUAL 1*12DIGIT "." 1*5DIGIT; oc-algo = "oc-algo" EQUAL DQUOTE algo-list *(COMMA algo-list) DQUOTE
export function readOcFeedback(via: Params): OcFeedback | undefined {
  const seqText = via.getText('oc-seq');
  // Nearly all of them.
  if (seqText === undefined) return undefined;
  const seq = SEQ.exec(seqText);
  const value = numberOf(via.getText('oc'));
  const validity = via.getText('oc-validity');
  const validityMs = validity === undefined ? DEFAULT_VALIDITY_MS : numberOf(validity);
  const algorithm = algorithmOf(via);
  if (seq === null || validityMs === undefined || algorithm === undefined) return undefined;
  // §4.3: a validity without a value is to be discarded, unless it says that nothing is limited.
  if (value === undefined && validityMs !== 0) return undefined;
  if (algorithm === 'loss' && value !== undefined && value > MAX_LOSS) return undefined;
  const [, whole = '', fraction = ''] = seq;
  return {
    algorithm,
    value: value ?? 0,
    validityMs,
    seq: [Number(whole), Number(fraction.padEnd(5, '0'))],
  };
}

function algorithmOf(via: Params): OcAlgorithm | undefined {
  if (!via.has('oc-algo')) return 'loss';
  const [chosen, ...others] = algorithms(via);
  if (others.length > 0) return undefined;
  return chosen === 'loss' || chosen === 'rate' ? chosen : undefined;
}

function algorithms(via: Params): string[] {
  const list = via.getText('oc-algo') ?? '';
  return list.split(',').map((one) => one.trim().toLowerCase());
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && DIGITS.test(text) ? Number(text) : undefined;
}
