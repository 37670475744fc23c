import { type CredentialStore, makeCredential, type SubscriberStore } from '@hermod/contracts';
import { nodeDigestHash } from '@hermod/platform';

/** What {@link provisionUsers} writes to: `LmdbStores`, `RedisStores`. */
export type UserStores = {
  readonly subscribers: SubscriberStore;
  readonly credentials: CredentialStore;
};

/** Makes users of a domain, which is their realm too; the password of each is `<user>-s`. */
export async function provisionUsers(
  stores: UserStores,
  users: readonly string[],
  domain = 'localhost',
): Promise<void> {
  for (const user of users) {
    const aor = `sip:${user}@${domain}`;
    const credential = makeCredential(aor, domain, `${user}-s`, nodeDigestHash);
    await stores.subscribers.addSubscriber(aor);
    await stores.credentials.writeCredential(aor, credential);
  }
}
