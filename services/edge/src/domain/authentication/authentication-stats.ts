/** Plain counters; all only grow. */
export type AuthenticationStats = {
  /** 401 and 407 to requests without credentials of ours. */
  challenged: number;
  /** 401 and 407 with stale=true. */
  stale: number;
  /** Digests that were right. */
  proven: number;
  /** Digests that were wrong, of users who exist or not. */
  wrong: number;
  /** 503: too many wrong ones before. */
  slowedDown: number;
  /** 403: somebody who is not whom From or To names. */
  foreign: number;
  /** 400: digests that cannot be right whatever the password. */
  malformed: number;
  /** Access tokens that were right. */
  tokenProven: number;
  /** Access tokens that were right once. */
  tokenExpired: number;
  /** Access tokens of somebody else, for somebody else, or of nobody. */
  tokenWrong: number;
};

/** Counters at zero. */
export function newAuthenticationStats(): AuthenticationStats {
  return {
    challenged: 0,
    stale: 0,
    proven: 0,
    wrong: 0,
    slowedDown: 0,
    foreign: 0,
    malformed: 0,
    tokenProven: 0,
    tokenExpired: 0,
    tokenWrong: 0,
  };
}
