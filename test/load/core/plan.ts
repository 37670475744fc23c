import type { LoadOptions } from '../options.ts';

/** What a user does. */
export type Role =
  /** Registers, sends and receives. */
  | 'sender'
  /** Registers and receives. */
  | 'receiver'
  /** Registers, and reads a few hundred octets a second. */
  | 'slow'
  /** Registers and sends too much. */
  | 'abuser'
  /** Registers only after the run, to fetch what was stored. */
  | 'away';

/** Who is who in one of the processes. Users are numbered over all processes; each process has its own, who write only to each other, so
 *  that everything about a message is known in one place. */
export class Plan {
  /** Numbers of this process's users, by local index. */
  readonly users: readonly number[];
  readonly roles: readonly Role[];
  /** Streams per sender: one to each of its contacts, and one to a user who is away. */
  readonly streamsPerUser: number;
  /** Local indices. */
  readonly senders: readonly number[];
  readonly abuser: number | undefined;
  readonly #reachable: readonly number[];
  readonly #away: readonly number[];
  readonly #contacts: number;

  constructor(options: LoadOptions, worker: number) {
    const mine: number[] = [];
    const roles: Role[] = [];
    const add = (role: Role, count: number, first: number): void => {
      for (let i = 0; i < count; i += 1) {
        if ((first + i) % options.workers !== worker) continue;
        mine.push(first + i);
        roles.push(role);
      }
    };
    const { users, senders, slowReaders } = options;
    const awayUsers = awayUsersOf(options);
    add('sender', senders, 0);
    add('receiver', users - senders - slowReaders, senders);
    add('slow', slowReaders, users - slowReaders);
    add('away', awayUsers, users);
    if (options.abuse > 0 && worker === 0) {
      mine.push(users + awayUsers);
      roles.push('abuser');
    }
    this.users = mine;
    this.roles = roles;
    const having = (...wanted: Role[]): number[] =>
      roles.flatMap((role, i) => (wanted.includes(role) ? [i] : []));
    this.senders = having('sender');
    this.abuser = having('abuser')[0];
    this.#reachable = having('sender', 'receiver', 'slow');
    this.#away = having('away');
    this.#contacts = options.contacts;
    this.streamsPerUser = options.contacts + 1;
  }

  /** Streams of all users here, those that are never used included. */
  get streams(): number {
    return this.users.length * this.streamsPerUser;
  }

  /** The stream of a user to one of its contacts. @param contact 0 … contacts − 1, or contacts for the one who is away */
  streamOf(user: number, contact: number): number {
    return user * this.streamsPerUser + contact;
  }

  /** Local index. */
  senderOf(stream: number): number {
    return Math.floor(stream / this.streamsPerUser);
  }

  /** Local index of the user that a stream goes to. Contacts are spread by a step that is no divisor of anything in sight, so that each
   *  user has as many senders as contacts; nobody writes to itself unless it is alone. */
  recipientOf(stream: number): number {
    const sender = this.senderOf(stream);
    const contact = stream % this.streamsPerUser;
    if (contact === this.#contacts) return this.#away[sender % this.#away.length] ?? sender;
    const others = this.#reachable.length;
    const position = (sender + 1 + ((contact * 7919) % Math.max(1, others - 1))) % others;
    return this.#reachable[position] ?? sender;
  }

  roleOf(user: number): Role {
    return this.roles[user] ?? 'receiver';
  }
}

/** How many users are away: as large a share of all users as of the messages. */
export function awayUsersOf(options: LoadOptions): number {
  if (options.away === 0) return 0;
  return Math.max(options.workers, Math.round(options.users * options.away));
}
