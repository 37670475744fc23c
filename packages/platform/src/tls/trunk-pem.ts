import type { TrunkAddress } from '../config-value.ts';
import type { CheckedPem } from './pem-files.ts';
import { keyPairs, pemFile } from './pem-paths.ts';
import { type PemHolder, type PemWatchTools, watchPem } from './watched-pem.ts';

/** The PEM files of trunks, as services configure them. */
type TrunkPemConfig = {
  readonly trunkTlsCert: string | undefined;
  readonly trunkTlsKey: string | undefined;
  readonly trunkTlsCa: string | undefined;
};

/**
 * The credentials of both ends of trunks, from the files that the configuration names.
 * @param make credentials from what is in the files now
 * @returns for each trunk address its credentials, undefined for one in clear
 * @throws ConfigError when the files cannot be used
 */
export function trunkCredentials<T extends PemHolder>(
  config: TrunkPemConfig,
  make: (pem: CheckedPem) => T,
  tools: PemWatchTools,
): (address: TrunkAddress) => T | undefined {
  const { trunkTlsCert, trunkTlsKey, trunkTlsCa } = config;
  const paths = {
    certificates: keyPairs(
      'trunkTlsCert',
      trunkTlsCert === undefined ? [] : [trunkTlsCert],
      'trunkTlsKey',
      trunkTlsKey === undefined ? [] : [trunkTlsKey],
    ),
    ca: pemFile('trunkTlsCa', trunkTlsCa),
  };
  const credentials = paths.ca === undefined ? undefined : watchPem(paths, 'trunk', make, tools);
  return ({ transport }) => {
    if (transport === 'tcp') return undefined;
    // The configuration has been checked. In clear instead would be the one wrong answer.
    if (credentials === undefined) throw new Error('a TLS trunk needs certificates');
    return credentials;
  };
}
