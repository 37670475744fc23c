import type { PemFile, PemPaths, PemVariable } from './pem-files.ts';

/** Paths of PEM files, as services configure them. */
type ClientPemConfig = {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tlsCa: string | undefined;
  readonly tlsClientCa: string | undefined;
};

/** For `tls://` SIP listeners; undefined: no certificate is configured. */
export function listenPemPaths(config: ClientPemConfig): PemPaths | undefined {
  if (config.tlsCert === undefined) return undefined;
  return {
    cert: pemFile('tlsCert', config.tlsCert),
    key: pemFile('tlsKey', config.tlsKey),
    ca: pemFile('tlsClientCa', config.tlsClientCa),
  };
}

/** For connections to devices and to other domains. */
export function connectPemPaths(config: ClientPemConfig): PemPaths {
  return {
    cert: pemFile('tlsCert', config.tlsCert),
    key: pemFile('tlsKey', config.tlsKey),
    ca: pemFile('tlsCa', config.tlsCa),
  };
}

/** One file. */
export function pemFile(variable: PemVariable, path: string | undefined): PemFile | undefined {
  return path === undefined ? undefined : { path, variable };
}
