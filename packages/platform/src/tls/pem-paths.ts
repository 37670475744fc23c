import type { PemFile, PemPaths, PemVariable } from './pem-files.ts';

/** Paths of PEM files, as services configure them. */
type ClientPemConfig = {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tlsCa: string | undefined;
  readonly tlsClientCa: string | undefined;
};

type TrunkPemConfig = {
  readonly trunkTlsCert: string | undefined;
  readonly trunkTlsKey: string | undefined;
  readonly trunkTlsCa: string | undefined;
};

/** For `tls://` SIP listeners; undefined: no certificate is configured. */
export function listenPemPaths(config: ClientPemConfig): PemPaths | undefined {
  if (config.tlsCert === undefined) return undefined;
  return {
    cert: file('tlsCert', config.tlsCert),
    key: file('tlsKey', config.tlsKey),
    ca: file('tlsClientCa', config.tlsClientCa),
  };
}

/** For connections to devices and to other domains. */
export function connectPemPaths(config: ClientPemConfig): PemPaths {
  return {
    cert: file('tlsCert', config.tlsCert),
    key: file('tlsKey', config.tlsKey),
    ca: file('tlsCa', config.tlsCa),
  };
}

/** For both ends of trunks; undefined: they are not configured for TLS. */
export function trunkPemPaths(config: TrunkPemConfig): PemPaths | undefined {
  if (config.trunkTlsCa === undefined) return undefined;
  return {
    cert: file('trunkTlsCert', config.trunkTlsCert),
    key: file('trunkTlsKey', config.trunkTlsKey),
    ca: file('trunkTlsCa', config.trunkTlsCa),
  };
}

function file(variable: PemVariable, path: string | undefined): PemFile | undefined {
  return path === undefined ? undefined : { path, variable };
}
