/** What an edge makes of one message of RFC 4475 §3. */
export type TortureVerdict = {
  /** RFC 4475 section. */
  readonly section: string;
  /** Status of the final answer to a datagram; `none`: nothing is said. */
  readonly status: number | 'none';
  /** The message on a stream, if that differs: `waits` for octets that do not come; `status` and end of the connection, as nothing tells where the
   *  next message begins; `closed` without an answer. */
  readonly stream?: 'waits' | 'answered and closed' | 'closed';
};

/** For a user of example.com, who is not there: proxied, and nobody found. */
const NOBODY = 480;
/** For a domain that is not ours, from a stranger. */
const NOT_RELAYED = 403;

/** Each of the 49, in the order of the RFC. The domain is example.com. */
export const TORTURE_VERDICTS: Readonly<Record<string, TortureVerdict>> = {
  wsinv: { section: '3.1.1.1', status: NOT_RELAYED },
  intmeth: { section: '3.1.1.2', status: NOBODY },
  esc01: { section: '3.1.1.3', status: NOT_RELAYED },
  escnull: { section: '3.1.1.4', status: 200 },
  esc02: { section: '3.1.1.5', status: NOT_RELAYED },
  lwsdisp: { section: '3.1.1.6', status: NOBODY },
  longreq: { section: '3.1.1.7', status: NOBODY },
  // On a stream a whole second request and some junk follow.
  dblreq: { section: '3.1.1.8', status: 200, stream: 'closed' },
  semiuri: { section: '3.1.1.9', status: NOBODY },
  transports: { section: '3.1.1.10', status: NOBODY },
  mpart01: { section: '3.1.1.11', status: NOT_RELAYED },
  unreason: { section: '3.1.1.12', status: 'none' },
  noreason: { section: '3.1.1.13', status: 'none' },
  badinv01: { section: '3.1.2.1', status: 400 },
  clerr: { section: '3.1.2.2', status: 400, stream: 'waits' },
  ncl: { section: '3.1.2.3', status: 400, stream: 'answered and closed' },
  scalar02: { section: '3.1.2.4', status: 400 },
  scalarlg: { section: '3.1.2.5', status: 'none' },
  quotbal: { section: '3.1.2.6', status: 400 },
  ltgtruri: { section: '3.1.2.7', status: 400 },
  lwsruri: { section: '3.1.2.8', status: 400 },
  lwsstart: { section: '3.1.2.9', status: NOBODY },
  trws: { section: '3.1.2.10', status: NOBODY },
  escruri: { section: '3.1.2.11', status: NOBODY },
  baddate: { section: '3.1.2.12', status: NOBODY },
  regbadct: { section: '3.1.2.13', status: 400 },
  badaspec: { section: '3.1.2.14', status: 400 },
  // Its file ends without the empty line.
  baddn: { section: '3.1.2.15', status: 400, stream: 'waits' },
  badvers: { section: '3.1.2.16', status: 505 },
  mismatch01: { section: '3.1.2.17', status: 400 },
  mismatch02: { section: '3.1.2.18', status: 400 },
  bigcode: { section: '3.1.2.19', status: 'none', stream: 'closed' },
  badbranch: { section: '3.2.1', status: 400 },
  insuf: { section: '3.3.1', status: 400 },
  unkscm: { section: '3.3.2', status: 416 },
  novelsc: { section: '3.3.3', status: 416 },
  unksm2: { section: '3.3.4', status: 400 },
  bext01: { section: '3.3.5', status: 420 },
  invut: { section: '3.3.6', status: NOBODY },
  regaut01: { section: '3.3.7', status: 200 },
  multi01: { section: '3.3.8', status: 400 },
  mcl01: { section: '3.3.9', status: 400, stream: 'answered and closed' },
  bcast: { section: '3.3.10', status: 'none' },
  zeromf: { section: '3.3.11', status: 200 },
  cparam01: { section: '3.3.12', status: 200 },
  cparam02: { section: '3.3.13', status: 200 },
  regescrt: { section: '3.3.14', status: 200 },
  sdp01: { section: '3.3.15', status: NOBODY },
  // Without Content-Length, which a stream needs.
  inv2543: { section: '3.4.1', status: NOBODY, stream: 'answered and closed' },
};
