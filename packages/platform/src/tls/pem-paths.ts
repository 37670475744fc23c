import type { KeyPair, PemFile, PemPaths, PemVariable } from './pem-files.ts';

/** Paths of the files of TLS, as services configure them. The configuration has as many keys as certificates. */
type ClientPemConfig = {
  readonly tlsCert: readonly string[] | undefined;
  readonly tlsKey: readonly string[] | undefined;
  readonly tlsCa: string | undefined;
  readonly tlsClientCa: string | undefined;
  readonly tlsOcsp: readonly string[] | undefined;
  readonly tlsTicketKeys: string | undefined;
};

/** For `tls://` and `wss://` SIP listeners; undefined: no certificate is configured. */
export function listenPemPaths(config: ClientPemConfig): PemPaths | undefined {
  if (config.tlsCert === undefined) return undefined;
  return {
    certificates: keyPairs('tlsCert', config.tlsCert, 'tlsKey', config.tlsKey),
    ca: pemFile('tlsClientCa', config.tlsClientCa),
    ocsp: (config.tlsOcsp ?? []).map((path) => ({ path, variable: 'tlsOcsp' })),
    ticketKeys: pemFile('tlsTicketKeys', config.tlsTicketKeys),
  };
}

/** For connections to devices and to other domains: whoever asks is shown the first certificate. */
export function connectPemPaths(config: ClientPemConfig): PemPaths {
  const { tlsCert, tlsKey, tlsCa } = config;
  return {
    certificates: keyPairs('tlsCert', tlsCert?.slice(0, 1), 'tlsKey', tlsKey),
    ca: pemFile('tlsCa', tlsCa),
  };
}

/** Each certificate with the key at its place. */
export function keyPairs(
  cert: PemVariable,
  certs: readonly string[] | undefined,
  key: PemVariable,
  keys: readonly string[] | undefined,
): readonly KeyPair<PemFile>[] {
  return (certs ?? []).flatMap((path, i) => {
    const keyPath = keys?.[i];
    if (keyPath === undefined) return [];
    return [{ cert: { path, variable: cert }, key: { path: keyPath, variable: key } }];
  });
}

/** One file. */
export function pemFile(variable: PemVariable, path: string | undefined): PemFile | undefined {
  return path === undefined ? undefined : { path, variable };
}
