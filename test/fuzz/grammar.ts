import type { Random } from './random.ts';

// RFC 3261 §25 as a generator. What it makes is valid for the most part; `odd` puts in what other parsers stumble over.

const TOKEN = "abcXYZ019-.!%*_+`'~";
const WORD = `${TOKEN}()<>:\\"/[]?{}`;
const METHODS = [
  'MESSAGE',
  'REGISTER',
  'OPTIONS',
  'CANCEL',
  'ACK',
  'INVITE',
  'BYE',
  'PUBLISH',
  'message',
  'X',
];
const HOSTS = [
  'example.com',
  'EXAMPLE.com',
  'alias.example.com',
  'other.example',
  '192.0.2.1',
  '198.51.100.7',
  '[2001:db8::1]',
  '[::1]',
  'x.invalid',
  'a',
  'example.com.',
  '192.0.2.1:5060',
  'localhost:5066',
];
const USERS = [
  'bob',
  'alice',
  'al%69ce',
  '%00',
  'user;par=u%40x',
  '+1-972',
  "a'b~c*",
  'b:pw',
  '%41%61',
  '',
];
const OPTION_TAGS = ['path', 'outbound', 'gruu', '100rel', 'nothingSupportsThis', '', 'timer'];
const NUMBERS = [
  '0',
  '1',
  '70',
  '255',
  '256',
  '3600',
  '0068',
  '4294967295',
  '4294967296',
  '99999999999999999999',
  '-1',
  '',
  '1.5',
  '0x10',
];
const ODD = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\r\n ',
  '\t',
  ' ',
  ',',
  ';',
  ':',
  '=',
  '<',
  '>',
  '"',
  '\\',
  '\\"',
  '%',
  '%4',
  '%zz',
  '@',
  '?',
  '&',
  '[',
  ']',
  '::',
  '/',
  '\xff',
  '\xc3\xa9',
  '\xef\xbb\xbf',
  '*',
  '()',
  'SIP/2.0',
  'sip:',
  'sips:',
  'im:',
  'tel:+1',
  ';;',
  ',,',
  '<>',
  '""',
  ';lr',
  ';maddr=192.0.2.1',
  '?Route=%3Csip:x%3E',
  ';tag=',
  ';branch=z9hG4bK',
  'z9hG4bK',
  'Content-Length: 5\r\n',
  'l: 0\r\n',
];

/** A few characters of a set. */
function some(random: Random, chars: string, max: number): string {
  let text = '';
  for (let left = 1 + random.int(max); left > 0; left -= 1)
    text += chars.charAt(random.int(chars.length));
  return text;
}

/** Now and then something in the wrong place. */
export function odd(random: Random, text: string, percent = 2): string {
  if (!random.chance(percent)) return text;
  const at = random.int(text.length + 1);
  return text.slice(0, at) + random.pick(ODD) + text.slice(at + random.int(2));
}

export function oddPiece(random: Random): string {
  return random.pick(ODD);
}

export function token(random: Random): string {
  return some(random, TOKEN, 8);
}

function quoted(random: Random): string {
  return random.pick([
    '"Bob"',
    '"B \\" b"',
    '""',
    '"a,b;c<d>"',
    '"\\\\"',
    '"\xc3\xa9"',
    '"unclosed',
  ]);
}

function number(random: Random): string {
  return random.chance(60) ? String(random.int(100)) : random.pick(NUMBERS);
}

/** Empty, or blanks and folds as the grammar allows them. */
function lws(random: Random): string {
  return random.chance(90) ? '' : random.pick([' ', '  ', '\t', '\r\n ', '\r\n\t ']);
}

function params(random: Random, names: readonly string[]): string {
  let text = '';
  for (let left = random.int(4); left > 0; left -= 1) {
    const name = random.chance(70) ? random.pick(names) : token(random);
    text += `${lws(random)};${lws(random)}${name}`;
    if (random.chance(70)) {
      const value = random.chance(15)
        ? quoted(random)
        : random.chance(40)
          ? number(random)
          : token(random);
      text += `${lws(random)}=${lws(random)}${value}`;
    }
  }
  return text;
}

const URI_PARAMS = ['lr', 'transport', 'maddr', 'ttl', 'user', 'method', 'gr', 'ob', 'comp', 'LR'];

export function sipUri(random: Random): string {
  const user = random.pick(USERS);
  const scheme = random.chance(85)
    ? 'sip'
    : random.pick(['sips', 'SIP', 'im', 'tel', 'urn', 'soap.beep', '']);
  let uri = `${scheme}:${user === '' ? '' : `${user}@`}${random.pick(HOSTS)}`;
  if (random.chance(15))
    uri += `:${random.pick(['5060', '1', '65535', '65536', '0', '', '05060'])}`;
  for (let left = random.chance(30) ? 1 + random.int(3) : 0; left > 0; left -= 1) {
    uri += `;${random.pick(URI_PARAMS)}`;
    if (random.chance(60))
      uri += `=${random.pick(['udp', 'tcp', 'TCP', '192.0.2.1', '%41', 'ip', '[::1]', ''])}`;
  }
  if (random.chance(5))
    uri += random.pick(['?a=b', '?Route=%3Csip:evil%3E&x=', '?', '?a', '?Replaces=x%3Bto-tag%3Dy']);
  return odd(random, uri);
}

export function nameAddr(random: Random): string {
  const bare = random.chance(25);
  const uri = sipUri(random);
  const name = random.chance(30)
    ? `${random.chance(50) ? quoted(random) : token(random)}${lws(random)}`
    : '';
  const address = bare ? uri : `${name}<${uri}>`;
  return odd(
    random,
    address +
      params(random, ['tag', 'q', 'expires', 'reg-id', '+sip.instance', 'methods', 'received']),
  );
}

function contact(random: Random): string {
  if (random.chance(4)) return '*';
  let text = nameAddr(random);
  if (random.chance(25)) text += `;expires=${number(random)}`;
  if (random.chance(15))
    text += `;q=${random.pick(['0', '1', '0.5', '1.000', '1.1', '0.0001', 'x'])}`;
  if (random.chance(15))
    text += `;reg-id=${number(random)};+sip.instance="<urn:uuid:${token(random)}>"`;
  return text;
}

export function via(random: Random): string {
  const transport = random.pick(['UDP', 'TCP', 'TLS', 'SCTP', 'WS', 'udp', 'UNKNOWN']);
  const protocol = random.chance(90)
    ? `SIP/2.0/${transport}`
    : `SIP${lws(random)}/${lws(random)}2.0 /\t${transport}`;
  let text = `${protocol} ${random.pick(HOSTS)}${lws(random)}`;
  if (random.chance(30)) text += `:${number(random)}`;
  if (random.chance(85))
    text += `;branch=${random.chance(85) ? 'z9hG4bK' : ''}${random.chance(60) ? random.pick(['a', 'b', 'c']) : token(random)}`;
  if (random.chance(40)) text += ';rport';
  if (random.chance(10))
    text += random.pick([
      ';received=198.51.100.7',
      ';received=[::1]',
      ';rport=99999',
      ';oc-algo="loss,A"',
      ';maddr=239.1.1.1',
      ';ttl=16',
      ';keep',
      ';alias',
    ]);
  return odd(
    random,
    text + (random.chance(15) ? params(random, ['received', 'rport', 'ttl', 'oc']) : ''),
  );
}

export function date(random: Random): string {
  return odd(
    random,
    random.pick([
      'Sat, 13 Nov 2010 23:29:00 GMT',
      'Sun, 22 Nov 2026 12:00:00 GMT',
      'Fri, 01 Jan 2010 16:00:00 EST',
      'Thu, 29 Feb 2024 00:00:00 GMT',
      'x',
    ]),
    20,
  );
}

/** The value of a header of a request; names that are not here get a word. */
function headerValue(random: Random, name: string): string {
  switch (name) {
    case 'Via':
    case 'v':
      return random.chance(80) ? via(random) : `${via(random)}, ${via(random)}`;
    case 'Contact':
    case 'm':
      return random.chance(80) ? contact(random) : `${contact(random)},${contact(random)}`;
    case 'Route':
    case 'Record-Route':
    case 'Path':
    case 'Service-Route':
      return `<${random.chance(30) ? 'sip:192.0.2.1;lr' : sipUri(random)}>${random.chance(20) ? `, ${nameAddr(random)}` : ''}`;
    case 'Date':
      return date(random);
    case 'Require':
    case 'Proxy-Require':
    case 'Supported':
    case 'k':
      return `${random.pick(OPTION_TAGS)}${random.chance(30) ? `, ${random.pick(OPTION_TAGS)}` : ''}`;
    case 'Expires':
    case 'Max-Breadth':
    case 'Timestamp':
    case 'Min-Expires':
      return number(random);
    case 'Authorization':
    case 'Proxy-Authorization':
      return `Digest username="${random.chance(50) ? 'alice' : token(random)}", realm="example.com", nonce="${token(random)}", uri="${sipUri(random)}", response="0123456789abcdef0123456789abcdef", algorithm=${random.pick(['MD5', 'SHA-256', 'SHA-512-256', 'x'])}, qop=auth, nc=${random.pick(['00000001', '1', ''])}, cnonce="c"`;
    case 'Content-Type':
    case 'c':
      return random.pick([
        'text/plain',
        'message/cpim',
        'application/im-iscomposing+xml',
        'multipart/mixed;boundary=b',
        'x',
        'text/plain;charset="a,b"',
      ]);
    case 'Accept-Contact':
    case 'Reject-Contact':
      return `*;methods="MESSAGE"${random.chance(50) ? ';require;explicit' : ''};+sip.x="<a>"`;
    default:
      return some(random, WORD, 12);
  }
}

const HEADERS = [
  'Via',
  'v',
  'Contact',
  'm',
  'Route',
  'Record-Route',
  'Path',
  'Date',
  'Require',
  'Proxy-Require',
  'Supported',
  'k',
  'Expires',
  'Max-Breadth',
  'Timestamp',
  'Authorization',
  'Proxy-Authorization',
  'Content-Type',
  'c',
  'Accept-Contact',
  'Reject-Contact',
  'Subject',
  's',
  'X-Unknown',
  'C%6Fntact',
  'UnknownHeaderWithUnusualValue',
  'Content-Encoding',
  'Priority',
  'Warning',
  'Retry-After',
];

function line(random: Random, name: string, value: string): string {
  const spelled = random.chance(92)
    ? name
    : random.chance(50)
      ? name.toUpperCase()
      : name.toLowerCase();
  const colon = random.chance(90) ? ': ' : random.pick([':', ' :', '\t:  ', ':\r\n ', ' : ']);
  return `${spelled}${colon}${odd(random, value, 1)}\r\n`;
}

/** A request; `method` undefined: any. */
export function request(
  random: Random,
  method: string = random.pick(METHODS),
  target?: string,
): string {
  const body = random.chance(60) ? '' : some(random, `${WORD} \r\n\0`, 40);
  const cseqMethod = random.chance(97) ? method : random.pick(METHODS);
  const separator = random.chance(98) ? ' ' : '  ';
  const uri = target ?? (random.chance(60) ? `sip:bob@example.com` : sipUri(random));
  let text = `${method}${separator}${uri} ${random.chance(98) ? 'SIP/2.0' : random.pick(['SIP/7.0', 'sip/2.0', 'SIP/2.0 '])}\r\n`;
  const rows = [
    line(random, random.chance(80) ? 'Via' : 'v', via(random)),
    line(random, 'Max-Forwards', random.chance(90) ? '70' : number(random)),
    line(
      random,
      random.chance(85) ? 'From' : 'f',
      `${random.chance(60) ? '<sip:alice@example.com>' : nameAddr(random)}${random.chance(90) ? ';tag=a' : ''}`,
    ),
    line(
      random,
      random.chance(85) ? 'To' : 't',
      random.chance(70) ? '<sip:bob@example.com>' : nameAddr(random),
    ),
    line(
      random,
      random.chance(85) ? 'Call-ID' : 'i',
      random.chance(70) ? random.pick(['c1', 'c2', 'c3@h']) : some(random, WORD, 10),
    ),
    line(random, 'CSeq', `${random.chance(90) ? random.int(9) + 1 : number(random)} ${cseqMethod}`),
  ];
  for (let left = random.int(5); left > 0; left -= 1) {
    const name = random.pick(HEADERS);
    rows.push(line(random, name, headerValue(random, name)));
  }
  if (method === 'REGISTER' && random.chance(80))
    rows.push(line(random, 'Contact', contact(random)));
  if (random.chance(85)) {
    const length = random.chance(96) ? String(body.length) : number(random);
    rows.push(line(random, random.chance(80) ? 'Content-Length' : 'l', length));
  }
  if (random.chance(6)) rows.splice(random.int(rows.length), 1);
  if (random.chance(4)) rows.push(random.pick(rows));
  for (const row of rows) text += row;
  return `${text}\r\n${body}`;
}

const STATUSES = [
  100, 180, 200, 202, 302, 400, 401, 404, 407, 408, 430, 480, 486, 500, 503, 600, 603, 699,
];

/** A response to some request. */
export function response(random: Random, viaValue = via(random)): string {
  const body = random.chance(85) ? '' : some(random, WORD, 20);
  let text = `SIP/2.0 ${random.chance(95) ? random.pick(STATUSES) : number(random)} ${random.pick(['OK', '', 'Not  Found', '\xc3\xa9'])}\r\n`;
  text += line(random, 'Via', viaValue);
  if (random.chance(70)) text += line(random, 'Via', via(random));
  text += line(random, 'From', '<sip:alice@example.com>;tag=a');
  text += line(random, 'To', '<sip:bob@example.com>;tag=b');
  text += line(random, 'Call-ID', 'c1');
  text += line(random, 'CSeq', `${random.int(9) + 1} ${random.pick(METHODS)}`);
  if (random.chance(30)) text += line(random, 'Contact', contact(random));
  if (random.chance(20))
    text += line(
      random,
      random.pick(['WWW-Authenticate', 'Proxy-Authenticate']),
      'Digest realm="x", nonce="y", algorithm=MD5',
    );
  return `${text}${line(random, 'Content-Length', String(body.length))}\r\n${body}`;
}
