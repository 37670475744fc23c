import { DIGIT, lowerCase, skipClass, skipLws, TOKEN, trimEnd, upperCase } from './chars.ts';
import { parsePort, scanHost } from './host.ts';
import { type Params, parseHeaderParams } from './params.ts';
import { type Parsed, type ParseError, parsed, parseError } from './result.ts';

/** One Via value. `transport` is upper case; `host` lower case, IPv6 with brackets. */
export class Via {
  /** Protocol name and version, `SIP/2.0`. */
  readonly protocol: string;
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;

  constructor(
    protocol: string,
    transport: string,
    host: string,
    port: number | undefined,
    params: Params,
  ) {
    this.protocol = protocol;
    this.transport = transport;
    this.host = host;
    this.port = port;
    this.params = params;
  }

  get branch(): string | undefined {
    return this.params.getText('branch');
  }

  /** IP address, with or without brackets as received. */
  get received(): string | undefined {
    return this.params.getText('received');
  }

  /** `true`: asked for (RFC 3581); a number: filled in; undefined: absent or nonsense. */
  get rport(): number | true | undefined {
    const value = this.params.get('rport');
    if (value === undefined || value === true) return value;
    return parsePort(value, 0, value.length);
  }

  /** `host[:port]`, lower case, the port only when written. */
  get sentBy(): string {
    return this.port === undefined ? this.host : `${this.host}:${this.port}`;
  }
}

/** Parse one Via value (one comma-list element) within `text[from, to)`, the whole by default. Error: `SIP_BAD_VIA`, 400.  @see RFC 3261 §20.42 */
// via-parm = sent-protocol LWS sent-by *( SEMI via-params )
// sent-protocol = protocol-name SLASH protocol-version SLASH transport ; SLASH and COLON allow LWS on both sides
export function parseVia(text: string, from = 0, to = text.length): Parsed<Via> {
  const end = trimEnd(text, from, to);
  const nameStart = skipLws(text, from, end);
  const nameEnd = skipClass(text, nameStart, end, TOKEN);
  let i = skipLws(text, nameEnd, end);
  if (nameEnd === nameStart || text.charCodeAt(i) !== 47) return badVia(i);
  const versionStart = skipLws(text, i + 1, end);
  const versionEnd = skipClass(text, versionStart, end, TOKEN);
  i = skipLws(text, versionEnd, end);
  if (versionEnd === versionStart || text.charCodeAt(i) !== 47) return badVia(i);
  const transportStart = skipLws(text, i + 1, end);
  const transportEnd = skipClass(text, transportStart, end, TOKEN);
  const hostStart = skipLws(text, transportEnd, end);
  if (transportEnd === transportStart || hostStart === transportEnd) return badVia(hostStart);
  const hostEnd = scanHost(text, hostStart, end);
  if (hostEnd === -1) return badVia(hostStart);
  i = skipLws(text, hostEnd, end);
  let port: number | undefined;
  if (i < end && text.charCodeAt(i) === 58) {
    const portStart = skipLws(text, i + 1, end);
    const portEnd = skipClass(text, portStart, end, DIGIT);
    port = parsePort(text, portStart, portEnd);
    if (port === undefined) return badVia(portStart);
    i = portEnd;
  }
  const params = parseHeaderParams(text, i, end);
  if (!params.ok) return badVia(params.at);
  // The usual spelling is sliced as one piece; only white space around "/" needs putting together.
  const protocol =
    versionStart === nameEnd + 1
      ? text.slice(nameStart, versionEnd)
      : `${text.slice(nameStart, nameEnd)}/${text.slice(versionStart, versionEnd)}`;
  return parsed(
    new Via(
      upperCase(protocol),
      upperCase(text.slice(transportStart, transportEnd)),
      lowerCase(text.slice(hostStart, hostEnd)),
      port,
      params.value,
    ),
  );
}

function badVia(at: number): ParseError {
  return parseError('SIP_BAD_VIA', at, 'Malformed Via');
}
