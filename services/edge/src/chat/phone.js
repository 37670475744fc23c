// The SIP user agent of the page: JsSIP over a WebSocket (RFC 7118), and what instant messages need beside it.
import { withoutOtherChallenges } from './challenges.js';
import {
  ACCEPTED,
  COMPOSING,
  CPIM_TYPE,
  formatComposing,
  formatDelivered,
  formatMessage,
  messageIdOf,
  parseBody,
  parseComposing,
  readNotification,
  wantsDelivery,
} from './cpim.js';
import JsSIP from './jssip.js';

/** Whoever opens the page again after a while finds the messages that came meanwhile: they wait at the server. */
const REGISTER_SEC = 300;
/** Between attempts to connect again. */
const MIN_RECOVERY_SEC = 1;
const MAX_RECOVERY_SEC = 8;

/** @typedef {'connecting' | 'online' | 'offline' | 'refused'} Standing */
/**
 * What the page is told.
 * @typedef {object} PhoneOwner
 * @property {(standing: Standing, why: string) => void} onStanding
 * @property {(address: string, message: { id: string, text: string, atMs: number }) => void} onMessage
 * @property {(address: string, forSec: number) => void} onComposing 0: has stopped
 * @property {(id: string, state: import('./conversations.js').State, why?: string) => void} onState of a message that was sent
 */

export class Phone {
  #ua;
  #owner;
  #address;

  /** @param {{ socket: string, address: string, password: string, token: string, instance: string }} account `token`: '' or an access token,
   *  shown in every request; `instance` as {@link newInstance} makes it
   *  @param {PhoneOwner} owner */
  constructor({ socket, address, password, token, instance }, owner) {
    this.#owner = owner;
    this.#address = address;
    this.#ua = new JsSIP.UA({
      sockets: [new Md5Socket(socket)],
      uri: address,
      password: password === '' ? null : password,
      authorization_jwt: token === '' ? null : `Bearer ${token}`,
      instance_id: instance,
      register_expires: REGISTER_SEC,
      connection_recovery_min_interval: MIN_RECOVERY_SEC,
      connection_recovery_max_interval: MAX_RECOVERY_SEC,
      session_timers: false,
      user_agent: 'Hermod chat',
    });
    this.#ua.on('connecting', () => owner.onStanding('connecting', ''));
    this.#ua.on('disconnected', ({ error }) => {
      if (error) owner.onStanding('offline', 'the server cannot be reached');
    });
    this.#ua.on('registered', () => owner.onStanding('online', ''));
    this.#ua.on('registrationFailed', ({ response, cause }) => this.#onRefused(response, cause));
    this.#ua.on('newMessage', ({ originator, message, request }) => {
      if (originator === 'remote') this.#onRequest(message, request);
    });
  }

  start() {
    this.#ua.start();
  }

  /** Says good-bye. */
  stop() {
    this.#ua.stop();
  }

  /** @param {string} to address  @param {{ id: string, text: string, atMs: number }} message `id` from {@link newId}, which its state is
   *  told with */
  send(to, message) {
    this.#sendText(to, message, false);
  }

  /** @param {string} to  @param {boolean} isActive  @param {() => void} onUnwanted its recipient does not want to know */
  sayComposing(to, isActive, onUnwanted) {
    this.#message(to, COMPOSING, formatComposing(isActive), {
      succeeded: () => undefined,
      failed: ({ response }) => {
        // 480: is not there, which is nobody's fault.
        if (response !== null && response.status_code !== 480) onUnwanted();
      },
    });
  }

  #sendText(to, { id, text, atMs }, isPlain) {
    const from = this.#address;
    const body = isPlain ? text : formatMessage({ from, to, id, atMs, text });
    this.#message(to, isPlain ? 'text/plain' : CPIM_TYPE, body, {
      succeeded: ({ response }) => {
        // RFC 3428 §7: 202 is a promise, any other 2xx says that a device has it.
        this.#owner.onState(id, response.status_code === 202 ? 'accepted' : 'delivered');
      },
      failed: ({ response, cause }) => {
        // RFC 3261 §21.4.13: it may be asked in another form.
        if (response?.status_code === 415 && !isPlain) {
          this.#sendText(to, { id, text, atMs }, true);
          return;
        }
        this.#owner.onState(id, 'failed', reasonOf(response, cause));
      },
    });
  }

  #message(to, contentType, body, eventHandlers) {
    this.#ua.sendMessage(to, body, { contentType, eventHandlers });
  }

  #onRequest(message, request) {
    const type = request.getHeader('Content-Type') ?? 'text/plain';
    const body = parseBody(type, request.body ?? '');
    const from = `sip:${request.from.uri.user}@${request.from.uri.host}`;
    if (body === undefined) {
      message.reject({ status_code: 400, reason_phrase: 'Malformed message/cpim' });
      return;
    }
    if (body.type === COMPOSING) {
      this.#owner.onComposing(from, parseComposing(body.content));
      return;
    }
    const notification = readNotification(body);
    if (notification !== undefined) {
      this.#onNotification(notification);
      return;
    }
    if (body.type !== 'text/plain') {
      message.reject({ status_code: 415, extraHeaders: [`Accept: ${ACCEPTED}`] });
      return;
    }
    const atMs = Date.parse(body.headers.get('DateTime') ?? request.getHeader('Date') ?? '');
    // The same request again, over a server that has lost its memory, has the same of these (RFC 3261 §8.2.2.2).
    const id = `${request.call_id} ${request.cseq} ${request.from_tag}`;
    this.#owner.onMessage(from, {
      id,
      text: body.content,
      atMs: Number.isNaN(atMs) ? Date.now() : atMs,
    });
    if (wantsDelivery(body) && messageIdOf(body) !== '') {
      const told = formatDelivered(body, { from: this.#address, id: newId(), atMs: Date.now() });
      this.#message(from, CPIM_TYPE, told, {});
    }
  }

  #onNotification({ id, disposition }) {
    switch (disposition) {
      case 'delivered':
      case 'displayed':
        this.#owner.onState(id, 'delivered');
        return;
      case 'stored':
      case 'processed':
        this.#owner.onState(id, 'accepted');
        return;
      default:
        this.#owner.onState(id, 'failed', 'it could not be delivered');
    }
  }

  #onRefused(response, cause) {
    if (response === null) {
      this.#owner.onStanding('offline', 'the server does not answer');
      // A connection that has broken the stack makes anew by itself; one that only seems to stand it does not.
      if (cause === JsSIP.C.causes.REQUEST_TIMEOUT) {
        this.#ua.stop();
        this.#ua.start();
      }
      return;
    }
    const isTemporary = response.status_code >= 500 && response.status_code < 600;
    if (isTemporary) {
      const waitSec = Number(response.getHeader('Retry-After')) || 2;
      setTimeout(() => {
        if (this.#ua.isConnected()) this.#ua.register();
      }, waitSec * 1_000);
    }
    this.#owner.onStanding(isTemporary ? 'offline' : 'refused', reasonOf(response, cause));
  }
}

/** What tells this page from others of its user, for as long as it is the same page (RFC 5626 §4.1).  @returns {string} a UUID */
export function newInstance() {
  return JsSIP.Utils.newUUID();
}

/** The stack gets to see no challenges but those that it can answer. */
class Md5Socket extends JsSIP.WebSocketInterface {
  #take = () => undefined;

  set ondata(take) {
    this.#take = take;
  }

  get ondata() {
    return (data) => this.#take(typeof data === 'string' ? withoutOtherChallenges(data) : data);
  }
}

/** Of a message.  @returns {string} token characters of RFC 3261, hard to guess */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function reasonOf(response, cause) {
  if (response === null) return cause === JsSIP.C.causes.REQUEST_TIMEOUT ? 'no answer' : 'offline';
  return `${response.status_code} ${response.reason_phrase}`;
}
