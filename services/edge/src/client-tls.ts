import { connectPemPaths, listenPemPaths, type PemWatchTools, watchPem } from '@hermod/platform';
import { TlsCredentials } from '@hermod/transport';

/** What an edge shows and trusts towards clients, devices and other domains. */
export type ClientTls = {
  /** Of `tls://` listeners; undefined: there is none. */
  readonly listen: TlsCredentials | undefined;
  /** Of connections that the edge opens. */
  readonly connect: TlsCredentials;
  /** Clients must show a certificate of `listen`'s authorities. */
  readonly requireClientCertificate: boolean;
};

/** {@link ClientTls} from the files that the configuration names, as they are now and whenever they change.
 *  @throws ConfigError when they cannot be used */
export function clientTls(
  config: Parameters<typeof connectPemPaths>[0],
  tools: PemWatchTools,
): ClientTls {
  const paths = listenPemPaths(config);
  const make = (pem: ConstructorParameters<typeof TlsCredentials>[0]) => new TlsCredentials(pem);
  return {
    listen: paths === undefined ? undefined : watchPem(paths, 'listen', make, tools),
    connect: watchPem(connectPemPaths(config), 'connect', make, tools),
    requireClientCertificate: paths?.ca !== undefined,
  };
}
