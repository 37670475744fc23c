// The page: who one is, whom one writes to, and what was said.
import { Composing } from './composing.js';
import { addressOf, Conversations, nameOf } from './conversations.js';
import { newId, newInstance, Phone } from './phone.js';

const SAVED = 'hermod-chat';
const TICK_MS = 1_000;
/** How near to its end a list counts as read to the end. */
const NEAR_END_PX = 80;

const STANDINGS = {
  connecting: 'connecting …',
  online: 'connected',
  offline: 'offline',
  refused: 'refused',
};
const STATES = {
  sending: 'sending …',
  delivered: 'delivered',
  accepted: 'stored: delivered when they are back',
  failed: 'not delivered',
};

const byId = (id) => document.getElementById(id);
const text = byId('text');

/** What the process says about itself. */
let config = { domain: 'localhost', auth: 'open', requireToken: false, sockets: [] };
/** `#access_token=…`, from whoever linked here: never sent for the page, and kept nowhere. */
const token = new URLSearchParams(location.hash.slice(1)).get('access_token') ?? '';
if (token !== '') history.replaceState(null, '', location.pathname);
/** Of this tab alone, so that each may be somebody else. */
let account;
let conversations = new Conversations();
let phone;
let open;
/** @type {Map<string, Composing>} */
const composings = new Map();

// What is kept while the tab is open.

function restore() {
  try {
    return JSON.parse(sessionStorage.getItem(SAVED) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

function save() {
  try {
    sessionStorage.setItem(SAVED, JSON.stringify({ account, conversations }));
  } catch {
    // It is full, or forbidden: then nothing is kept, and nothing else is lost.
  }
}

// Signing in and out.

function signIn(password) {
  const { user, domain, instance } = account;
  const address = addressOf(user, domain);
  const url = socketFor(config.sockets);
  if (address === undefined || url === undefined) {
    signedOut(address === undefined ? 'That is no SIP address.' : noSocket());
    return;
  }
  // RFC 6750 §2.3: a browser lets no page say it otherwise.
  const socket = config.requireToken ? `${url}/?access_token=${token}` : url;
  phone = new Phone(
    { socket, address, password, token, instance },
    { onStanding, onMessage, onComposing, onState },
  );
  showChat(address);
  onStanding('connecting', '');
  phone.start();
}

/** In clear from a page in clear: a certificate that browsers do not know can be looked at only from a page of its own. */
function socketFor(sockets) {
  const isSecure = location.protocol === 'https:';
  const first = isSecure ? 'wss:' : 'ws:';
  return (
    sockets.find((url) => url.startsWith(first)) ??
    (isSecure ? undefined : sockets.find((url) => url.startsWith('wss:')))
  );
}

function noSocket() {
  return location.protocol === 'https:'
    ? 'This page came over https: the server needs a wss:// listener.'
    : 'The server has no WebSocket listener.';
}

function signOut() {
  phone?.stop();
  sessionStorage.removeItem(SAVED);
  account = undefined;
  conversations = new Conversations();
  signedOut('');
}

function signedOut(why) {
  phone = undefined;
  open = undefined;
  byId('sign-in').hidden = false;
  byId('chat').hidden = true;
  byId('who').hidden = true;
  byId('sign-out').hidden = true;
  showStanding('', 'signed out');
  const hint = byId('account-hint');
  hint.classList.toggle('wrong', why !== '');
  hint.textContent = why || accountHint();
  byId('user').focus();
}

function accountHint() {
  if (config.auth === 'open') {
    return 'Everybody may take any name here: nobody has to prove anything.';
  }
  if (token !== '') return 'The name that you have at whoever sent you here.';
  return asksPassword()
    ? 'The name and the password that the operator gave you.'
    : 'Come here from where you have your account: this page needs an access token.';
}

function asksPassword() {
  return config.auth === 'digest' && !config.requireToken && token === '';
}

function showChat(address) {
  byId('sign-in').hidden = true;
  byId('chat').hidden = false;
  byId('who').hidden = false;
  byId('who').textContent = address;
  byId('sign-out').hidden = false;
  drawContacts();
  show(undefined);
}

// What the phone tells.

function onStanding(standing, why) {
  if (standing === 'refused') {
    const { user, domain } = account;
    phone?.stop();
    signedOut(`The server has refused ${user}@${domain}: ${why}`);
    showStanding(standing, 'refused');
    return;
  }
  showStanding(standing, `${STANDINGS[standing]}${why === '' ? '' : `: ${why}`}`);
}

function showStanding(standing, words) {
  const state = byId('state');
  state.dataset.standing = standing;
  if (state.textContent !== words) state.textContent = words;
}

function onMessage(address, message) {
  if (!conversations.receive(address, message)) return;
  if (address === open && document.visibilityState === 'visible') {
    conversations.contact(address).unread = 0;
  }
  changed(address);
}

function onComposing(address, forSec) {
  conversations.contact(address).composingUntilMs = Date.now() + forSec * 1_000;
  drawComposing();
}

function onState(id, state, why) {
  conversations.settle(id, state, why);
  changed(open);
}

function changed(address) {
  save();
  drawContacts();
  if (address === open) drawMessages();
}

// What is shown.

/** An element with text, which nothing in it can end. */
function element(name, content, className) {
  const made = document.createElement(name);
  if (content !== undefined) made.textContent = content;
  if (className !== undefined) made.className = className;
  return made;
}

function drawContacts() {
  const items = conversations.contacts.map(({ address, unread }) => {
    const button = element('button');
    button.type = 'button';
    button.dataset.address = address;
    button.setAttribute('aria-current', String(address === open));
    button.append(element('span', nameOf(address, account.domain)));
    if (unread > 0) {
      const count = element('span', String(unread), 'unread');
      count.setAttribute('aria-label', `${unread} unread`);
      button.append(count);
    }
    const item = element('li');
    item.append(button);
    return item;
  });
  const focused = document.activeElement?.dataset?.address;
  byId('contacts').replaceChildren(...items);
  if (focused !== undefined) {
    byId('contacts')
      .querySelector(`[data-address="${CSS.escape(focused)}"]`)
      ?.focus();
  }
  const unread = conversations.contacts.reduce((sum, contact) => sum + contact.unread, 0);
  document.title = `${unread > 0 ? `(${unread}) ` : ''}Hermod chat`;
}

/** @param {string | undefined} address  undefined: nobody */
function show(address) {
  open = address;
  byId('chat').dataset.open = String(address !== undefined);
  byId('conversation').hidden = address === undefined;
  byId('none').hidden = address !== undefined;
  if (address === undefined) return;
  const contact = conversations.contact(address);
  contact.unread = 0;
  byId('with').textContent = nameOf(address, account.domain);
  byId('with').title = address;
  byId('messages').replaceChildren();
  changed(address);
  drawComposing();
  text.value = '';
  text.focus();
}

/** Only what is new or has changed is touched: a log is read aloud as it grows. */
function drawMessages() {
  if (open === undefined) return;
  const list = byId('messages');
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END_PX;
  const { messages } = conversations.contact(open);
  const known = new Map([...list.children].map((item) => [item.dataset.id, item]));
  for (const message of messages) {
    const item = known.get(message.id) ?? newItem(message);
    known.delete(message.id);
    if (item.dataset.state !== (message.state ?? '')) drawState(item, message);
    if (item.parentNode === null) list.append(item);
  }
  for (const forgotten of known.values()) forgotten.remove();
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

function newItem({ id, isOwn, text: said, atMs }) {
  const item = element('li', undefined, isOwn ? 'own' : undefined);
  item.dataset.id = id;
  const about = element('p', undefined, 'about');
  const at = element('time', timeOf(atMs));
  at.dateTime = new Date(atMs).toISOString();
  about.append(at, element('span'));
  item.append(element('p', said, 'text'), about);
  return item;
}

function drawState(item, { id, state, why, text: said }) {
  item.dataset.state = state ?? '';
  const span = item.querySelector('.about span');
  span.textContent =
    state === undefined ? '' : ` · ${STATES[state]}${why === undefined ? '' : `: ${why}`}`;
  item.querySelector('.about button')?.remove();
  if (state !== 'failed') return;
  const again = element('button', 'Send again');
  again.type = 'button';
  again.addEventListener('click', () => {
    again.remove();
    conversations.remove(open, id);
    send(open, said);
  });
  item.querySelector('.about').append(again);
}

function drawComposing() {
  const contact = open === undefined ? undefined : conversations.contact(open);
  const isComposing = contact !== undefined && contact.composingUntilMs > Date.now();
  const words = isComposing ? `${nameOf(open, account.domain)} is writing …` : '';
  if (byId('composing').textContent !== words) byId('composing').textContent = words;
}

function timeOf(atMs) {
  const at = new Date(atMs);
  const isToday = at.toDateString() === new Date().toDateString();
  const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return isToday ? time : `${at.toLocaleDateString()} ${time}`;
}

// What is written.

function send(address, said) {
  const contact = conversations.contact(address);
  const atMs = Date.now();
  composingTo(address).sent();
  const id = newId();
  conversations.send(address, { id, text: said, atMs });
  phone.send(address, { id, text: said, atMs });
  contact.composingUntilMs = 0;
  changed(address);
  byId('messages').scrollTop = byId('messages').scrollHeight;
}

function composingTo(address) {
  const known = composings.get(address);
  if (known !== undefined) return known;
  let isWanted = true;
  const made = new Composing((isActive) => {
    if (!isWanted) return;
    phone?.sayComposing(address, isActive, () => {
      isWanted = false;
    });
  });
  composings.set(address, made);
  return made;
}

byId('account').addEventListener('submit', (event) => {
  event.preventDefault();
  const user = byId('user').value.trim();
  const domain = byId('domain').value.trim();
  const before = restore();
  const isBack = before?.account.user === user && before.account.domain === domain;
  account = isBack ? before.account : { user, domain, instance: newInstance() };
  conversations = new Conversations(isBack ? before.conversations : []);
  composings.clear();
  const password = byId('password').value;
  byId('password').value = '';
  save();
  signIn(password);
});
byId('sign-out').addEventListener('click', signOut);
byId('add').addEventListener('submit', (event) => {
  event.preventDefault();
  const address = addressOf(byId('new-contact').value, account.domain);
  byId('add-hint').textContent = address === undefined ? 'That is no SIP address.' : '';
  if (address === undefined) return;
  byId('new-contact').value = '';
  show(address);
});
byId('contacts').addEventListener('click', (event) => {
  const address = event.target.closest('button')?.dataset.address;
  if (address !== undefined) show(address);
});
byId('back').addEventListener('click', () => {
  show(undefined);
  byId('new-contact').focus();
});
byId('compose').addEventListener('submit', (event) => {
  event.preventDefault();
  const said = text.value.trim();
  if (said === '' || open === undefined) return;
  text.value = '';
  send(open, said);
});
text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId('compose').requestSubmit();
});
text.addEventListener('input', () => {
  if (open !== undefined) composingTo(open).typed(text.value, Date.now());
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible' || open === undefined) return;
  conversations.contact(open).unread = 0;
  changed(open);
});
setInterval(() => {
  for (const composing of composings.values()) composing.tick(Date.now());
  drawComposing();
}, TICK_MS);

// Nobody can fill in the form before: what was typed early would be lost.
config = await (await fetch('chat/config.json', { cache: 'no-store' })).json();
byId('password-label').hidden = !asksPassword();
const saved = restore();
byId('domain').value = saved?.account.domain ?? config.domain;
byId('user').value = saved?.account.user ?? '';
if (saved !== undefined && config.auth === 'open') {
  account = saved.account;
  conversations = new Conversations(saved.conversations);
  signIn('');
} else signedOut('');
