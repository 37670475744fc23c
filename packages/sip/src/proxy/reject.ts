/** A step of the proxy core (RFC 3261 §16.3–16.4) refused the request: answer `status` and stop. */
export type ProxyReject = {
  readonly ok: false;
  readonly status: number;
  /** Undefined: the status's usual phrase. */
  readonly reason?: string;
  /** `Name: value` lines that the response must carry. */
  readonly headers?: readonly string[];
};
