// Who was written to, by whom, and what became of it: what the page shows, without the page.

/** @typedef {'sending' | 'delivered' | 'accepted' | 'failed'} State
 *  `accepted`: the server answers for it (202), and its recipient gets it later */
/** @typedef {{ id: string, isOwn: boolean, text: string, atMs: number, state: State | undefined, why: string | undefined }} Message */
/** @typedef {{ address: string, messages: Message[], unread: number, composingUntilMs: number }} Contact */

/** Kept for one contact, and contacts kept: what is older is forgotten. */
const MAX_MESSAGES = 500;
const MAX_CONTACTS = 200;

export class Conversations {
  /** By address, in the order in which they were first seen.  @type {Map<string, Contact>} */
  #contacts = new Map();
  /** Messages that came, by whoever can tell one from another: one may come twice, when a server was lost on the way. */
  #seen = new Set();

  /** @param {readonly Contact[]} saved as {@link toJSON} gave them */
  constructor(saved = []) {
    for (const contact of saved) {
      this.#contacts.set(contact.address, { ...contact, composingUntilMs: 0 });
      for (const message of contact.messages) {
        this.#seen.add(message.id);
        // Nobody waits for its answer any more.
        if (message.state === 'sending') this.#settle(message, 'failed', 'the page was left');
      }
    }
  }

  get contacts() {
    return [...this.#contacts.values()];
  }

  /** @param {string} address `sip:user@domain`  @returns {Contact} */
  contact(address) {
    const known = this.#contacts.get(address);
    if (known !== undefined) return known;
    const contact = { address, messages: [], unread: 0, composingUntilMs: 0 };
    if (this.#contacts.size >= MAX_CONTACTS) {
      const [oldest] = this.#contacts.keys();
      this.#contacts.delete(oldest);
    }
    this.#contacts.set(address, contact);
    return contact;
  }

  /** @param {string} address  @param {{ id: string, text: string, atMs: number }} message  @returns {boolean} false: it has come before */
  receive(address, { id, text, atMs }) {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    const contact = this.contact(address);
    contact.composingUntilMs = 0;
    contact.unread += 1;
    this.#add(contact, { id, isOwn: false, text, atMs, state: undefined, why: undefined });
    return true;
  }

  /** @param {string} address  @param {{ id: string, text: string, atMs: number }} message */
  send(address, { id, text, atMs }) {
    this.#add(this.contact(address), {
      id,
      isOwn: true,
      text,
      atMs,
      state: 'sending',
      why: undefined,
    });
  }

  /** @param {string} id  @param {State} state  @param {string} [why] it failed */
  settle(id, state, why) {
    for (const { messages } of this.#contacts.values()) {
      const message = messages.findLast((one) => one.isOwn && one.id === id);
      if (message !== undefined) this.#settle(message, state, why);
    }
  }

  /** @param {string} address  @param {string} id */
  remove(address, id) {
    const contact = this.contact(address);
    contact.messages = contact.messages.filter((one) => one.id !== id);
  }

  toJSON() {
    return this.contacts;
  }

  #settle(message, state, why) {
    // It has arrived: what a slower answer says of it is of another time.
    if (message.state === 'delivered') return;
    message.state = state;
    message.why = why;
  }

  #add(contact, message) {
    contact.messages.push(message);
    if (contact.messages.length > MAX_MESSAGES) contact.messages.shift();
  }
}

/** What a person types as an address: with or without scheme and domain.
 *  @param {string} text  @param {string} domain of users without one
 *  @returns {string | undefined} `sip:user@domain`; undefined: it is none */
export function addressOf(text, domain) {
  const [, user, host = domain] =
    /^(?:sips?:)?([\w.!~*'()&=+$,;?/%-]+)(?:@(\[[\da-f:.]+\]|[\w.-]+))?$/i.exec(text.trim()) ?? [];
  return user === undefined ? undefined : `sip:${user}@${host.toLowerCase()}`;
}

/** Without what all addresses have.  @param {string} address  @param {string} domain of our own */
export function nameOf(address, domain) {
  const name = address.replace(/^sips?:/, '');
  return name.endsWith(`@${domain}`) ? name.slice(0, -domain.length - 1) : name;
}
