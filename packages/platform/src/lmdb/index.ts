export { LmdbBindingStore } from './lmdb-binding-store.ts';
export { LmdbDueStore } from './lmdb-due-store.ts';
export { LmdbRecipientStore } from './lmdb-recipient-store.ts';
export { LmdbStores, type LmdbStoresOptions } from './lmdb-stores.ts';
export { LmdbSubscriberStore } from './lmdb-subscriber-store.ts';
