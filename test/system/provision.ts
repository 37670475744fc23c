import { join } from 'node:path';
import { LmdbStores } from '@hermod/platform/lmdb';
import { provisionUsers } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';

/** Makes users in the data directory of a standalone, running or not; see {@link provisionUsers}. */
export async function provisionStandalone(
  directory: string,
  users: readonly string[],
  domain?: string,
): Promise<void> {
  const stores = LmdbStores.open(join(directory, 'stores'), { codec: bufferCodec });
  await provisionUsers(stores, users, domain);
  await stores.close();
}
