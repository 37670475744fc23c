import { createHash } from 'node:crypto';
import { type LogAppender, type LogRecord, PlatformError, ServedDomains } from '@hermod/contracts';
import { nodeGruuSeal } from '@hermod/platform';
import {
  type Binding,
  type Clock,
  type OutgoingMessage,
  parseMessage,
  SipRequest,
  SipResponse,
  type SipUri,
  type Timers,
} from '@hermod/sip';
import {
  type Authenticator,
  type CongestionPorts,
  type Connector,
  DEFAULT_EDGE_LIMITS,
  Edge,
  type EdgeDelivery,
  type EdgeLimits,
  type EdgeTrunks,
  type Flow,
  type FlowTokens,
  type FlowTransport,
  type Hop,
  type HopBounds,
  type Locator,
  type Outlet,
  type Recipients,
  type RegistrarPort,
  type RelayPolicy,
  type Toward,
  type Transport,
} from '../src/app.ts';

/** A virtual clock, as the test kit has it. */
export interface TestClock extends Clock {
  readonly timers: Timers;
  advanceAsync(ms: number): Promise<void>;
}

const latin1 = {
  decode: (bytes: Uint8Array, start: number, end: number) =>
    Buffer.from(bytes.subarray(start, end)).toString('latin1'),
  encode: (text: string) => new Uint8Array(Buffer.from(text, 'latin1')),
};

/** A flow that keeps what is sent. */
export class FakeFlow implements Flow {
  readonly transport: FlowTransport;
  readonly reliable: boolean;
  readonly local = { address: '192.0.2.1', port: 5060 };
  readonly remote: { readonly address: string; readonly port: number };
  readonly sent: OutgoingMessage[] = [];
  readonly keptMs: number[] = [];
  isOpen = true;
  isFull = false;
  isPaused = false;
  context: unknown = undefined;

  constructor(transport: FlowTransport = 'TCP', address = '198.51.100.7', port = 40_000) {
    this.transport = transport;
    this.reliable = transport !== 'UDP';
    this.remote = { address, port };
  }

  send(message: OutgoingMessage): boolean {
    if (!this.isOpen || this.isFull) return false;
    this.sent.push(message);
    return true;
  }

  close(): void {
    this.isOpen = false;
  }

  keepFor(ms: number): void {
    this.keptMs.push(ms);
  }

  pauseReading(paused: boolean): void {
    this.isPaused = paused;
  }

  get responses(): SipResponse[] {
    return this.sent.map(parsed).filter((message) => message instanceof SipResponse);
  }

  get requests(): SipRequest[] {
    return this.sent.map(parsed).filter((message) => message instanceof SipRequest);
  }

  get statuses(): number[] {
    return this.responses.map((response) => response.status);
  }
}

function parsed(message: OutgoingMessage): SipRequest | SipResponse {
  const result = parseMessage(message.head, message.body);
  if (!result.ok) throw new Error(`the edge sent something malformed: ${result.reason}`);
  return result.value;
}

/** An in-memory log whose appends can be held back, or fail. */
export class FakeLog implements LogAppender {
  readonly records: LogRecord[] = [];
  mode: 'at-once' | 'hold' | 'unavailable' | 'timeout' = 'at-once';
  #held: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  append(record: LogRecord): Promise<void> {
    this.records.push(record);
    if (this.mode === 'unavailable') {
      return Promise.reject(new PlatformError('LOG_UNAVAILABLE', 'away'));
    }
    if (this.mode === 'timeout') return Promise.reject(new PlatformError('LOG_TIMEOUT', 'slow'));
    if (this.mode === 'at-once') return Promise.resolve();
    return new Promise((resolve, reject) => this.#held.push({ resolve, reject }));
  }

  probe(): Promise<void> {
    return Promise.resolve();
  }

  release(): void {
    for (const held of this.#held) held.resolve();
    this.#held = [];
  }

  fail(): void {
    for (const held of this.#held) held.reject(new PlatformError('LOG_UNAVAILABLE', 'away'));
    this.#held = [];
  }
}

class FakeTokens implements FlowTokens {
  readonly #flows = new Map<string, Flow>();
  readonly #tokens = new Map<Flow, string>();
  readonly #edgeId: string;

  constructor(address: string) {
    this.#edgeId = `e${address.slice(-1)}`;
  }

  tokenOf(flow: Flow): string | undefined {
    if (!flow.isOpen) return undefined;
    const token = this.#tokens.get(flow) ?? `${this.#edgeId}.token${this.#tokens.size}`;
    this.#tokens.set(flow, token);
    this.#flows.set(token, flow);
    return token;
  }

  flowOf(token: string): Flow | undefined {
    const flow = this.#flows.get(token);
    return flow?.isOpen === true ? flow : undefined;
  }

  remove(flow: Flow): void {
    this.#flows.delete(this.#tokens.get(flow) ?? '');
  }
}

class FakeConnector implements Connector {
  readonly flows = new Map<string, Flow>();
  readonly asked: string[] = [];
  /** Whom a certificate had to name, where it is not the host itself. */
  readonly domains: (string | undefined)[] = [];

  flowTo(
    host: string,
    port: number,
    transport: Transport,
    bounds?: HopBounds,
  ): Promise<Flow | undefined> {
    const key = `${transport} ${host}:${port}`;
    this.asked.push(key);
    this.domains.push(bounds?.domain);
    return Promise.resolve(this.flows.get(key));
  }

  /** Nothing is at hand: everything is asked for above. */
  flowToAddress(): undefined {
    return undefined;
  }
}

class FakeRegistrar implements RegistrarPort {
  readonly requests: SipRequest[] = [];
  answer: (request: SipRequest, branch: string) => Promise<SipResponse | undefined> = () =>
    Promise.resolve(undefined);

  register(request: OutgoingMessage, branch: string): Promise<SipResponse | undefined> {
    const message = parsed(request);
    if (!(message instanceof SipRequest)) throw new Error('not a request');
    this.requests.push(message);
    return this.answer(message, branch);
  }
}

/** Users of example.com and where they registered. */
class FakeRecipients implements Recipients {
  readonly bindings = new Map<string, Binding[]>();
  away = false;

  read(aor: string): ReturnType<Recipients['read']> {
    if (this.away) return Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'away'));
    return Promise.resolve({ bindings: this.bindings.get(aor) ?? [], provisioned: false });
  }

  removeBinding(aor: string, bindingKey: string, flowToken: string): Promise<boolean> {
    if (this.away) return Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'away'));
    const all = this.bindings.get(aor) ?? [];
    const left = all.filter((one) => one.key !== bindingKey || one.flowToken !== flowToken);
    this.bindings.set(aor, left);
    return Promise.resolve(left.length < all.length);
  }
}

/** The trunk to another edge, that keeps what is sent. */
export class FakeTrunk implements Outlet {
  readonly transport = 'TCP';
  readonly reliable = true;
  readonly sent: OutgoingMessage[] = [];
  isOpen = true;
  context: unknown = undefined;

  send(message: OutgoingMessage): boolean {
    if (this.isOpen) this.sent.push(message);
    return this.isOpen;
  }

  get requests(): SipRequest[] {
    return this.sent.map(parsed).filter((message) => message instanceof SipRequest);
  }
}

class FakeTrunks implements EdgeTrunks {
  readonly edges = new Map<string, FakeTrunk>();

  trunkTo(host: string, port: number): Outlet | undefined {
    return this.edges.get(`${host}:${port}`);
  }
}

/** Next hops by domain; nobody may relay until told so. */
class FakeLocator implements Locator, RelayPolicy {
  readonly hops = new Map<string, Hop[]>();
  /** Hosts of _im._sip by domain. */
  readonly inboxes = new Map<string, string[]>();
  isOpen = false;
  /** In the place of `isOpen`. */
  rules: RelayPolicy | undefined;

  locate(uri: SipUri): Promise<readonly Hop[]> {
    return Promise.resolve(this.hops.get(uri.host) ?? []);
  }

  locateIm(domain: string): ReturnType<Locator['locateIm']> {
    const hosts = this.inboxes.get(domain) ?? [`im.${domain}`];
    return Promise.resolve(hosts.map((host) => ({ host, port: undefined })));
  }

  mayRelay(flow: Flow, request: SipRequest, uri: SipUri): boolean {
    return this.rules?.mayRelay(flow, request, uri) ?? this.isOpen;
  }

  needsNoProof(flow: Flow, request: SipRequest, toward: Toward): boolean {
    return this.rules?.needsNoProof(flow, request, toward) ?? this.isOpen;
  }

  isPeer(flow: Flow): boolean {
    return this.rules?.isPeer(flow) ?? this.isOpen;
  }
}

function listenerAt(transport: FlowTransport, host: string, port: number) {
  return { transport, bound: { host, port }, told: { host, port } };
}

/** One edge on in-memory ports and a virtual clock. */
export class EdgeWorld {
  readonly clock: TestClock;
  readonly address: string;
  readonly log = new FakeLog();
  readonly tokens: FakeTokens;
  readonly connector = new FakeConnector();
  readonly registrar = new FakeRegistrar();
  readonly recipients = new FakeRecipients();
  readonly trunks = new FakeTrunks();
  readonly locator = new FakeLocator();
  readonly gate = { open: true };
  readonly gruuSeal = nodeGruuSeal('of these tests');
  readonly edge: Edge;
  #ids = 0;

  constructor(
    clock: TestClock,
    limits: Partial<EdgeLimits> = {},
    authenticator?: Authenticator,
    options: {
      readonly address?: string;
      readonly openDomain?: boolean;
      readonly trunkTransport?: 'TCP' | 'TLS';
      readonly congestion?: CongestionPorts;
      readonly random?: () => number;
    } = {},
  ) {
    this.clock = clock;
    const address = options.address ?? '192.0.2.1';
    this.address = address;
    this.tokens = new FakeTokens(address);
    this.edge = new Edge(
      {
        domains: new ServedDomains(['example.com', 'alias.example.com'], true),
        openDomain: options.openDomain ?? true,
        trunk: { transport: options.trunkTransport ?? 'TCP', host: address, port: 5070 },
        listeners: [
          listenerAt('UDP', address, 5060),
          listenerAt('TCP', address, 5060),
          listenerAt('TLS', address, 5061),
          listenerAt('UDP', '[2001:db8::1]', 5066),
          listenerAt('TCP', '[2001:db8::1]', 5066),
        ],
        offersAlias: true,
        acceptAfterMs: 3000,
        limits: { ...DEFAULT_EDGE_LIMITS, ...limits },
      },
      {
        log: this.log,
        registrar: this.registrar,
        gate: this.gate,
        tokens: this.tokens,
        connector: this.connector,
        clock,
        timers: clock.timers,
        ids: { token: () => `id${this.#ids++}` },
        random: options.random ?? (() => 0.5),
        hash: {
          digest: (text, octets = Buffer.alloc(0)) => {
            const bytes = createHash('sha256').update(text, 'latin1').update(octets).digest();
            return bytes.toString('base64url', 0, 16);
          },
        },
        codec: latin1,
        recipients: this.recipients,
        trunks: this.trunks,
        locator: this.locator,
        relay: this.locator,
        gruuSeal: this.gruuSeal,
        authenticator,
        congestion: options.congestion,
      },
    );
  }

  receive(flow: Flow, text: string): void {
    this.edge.onMessage(flow, sip(text));
  }

  /** The branch of our Via in the newest record. */
  get lastBranch(): string {
    const record = this.log.records.at(-1);
    if (record === undefined) throw new Error('nothing was appended');
    const via = asRequest(record).topVia;
    if (!via.ok || via.value.branch === undefined) throw new Error('no branch');
    return via.value.branch;
  }

  settle(): Promise<void> {
    return this.clock.advanceAsync(0);
  }

  now(): number {
    return this.clock.nowMs();
  }
}

/** A record's request as a router reads it. */
export function asRequest(record: LogRecord): SipRequest {
  const message = parsed(record);
  if (!(message instanceof SipRequest)) throw new Error('not a request');
  return message;
}

/** Parses a message written with LF line ends; `|` separates head and body. */
export function sip(text: string): SipRequest | SipResponse {
  const [head, body] = text.split('|');
  const result = parseMessage(
    `${(head ?? '').trim().replaceAll(/\n\s*/g, '\r\n')}\r\n\r\n`,
    latin1.encode(body ?? ''),
  );
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** What may be different in a {@link messageText}. */
export type MessageParts = {
  readonly method?: string;
  readonly uri?: string;
  readonly via?: string;
  readonly cseq?: string;
  readonly callId?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly maxForwards?: string;
  readonly from?: string;
  readonly to?: string;
  readonly toTag?: string;
};

/** A MESSAGE from a client on TCP. */
export function messageText(parts: MessageParts = {}): string {
  const method = parts.method ?? 'MESSAGE';
  const body = parts.body ?? 'hello';
  const lines = [
    `${method} ${parts.uri ?? 'sip:bob@example.com'} SIP/2.0`,
    `Via: ${parts.via ?? 'SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKc1;rport'}`,
    `Max-Forwards: ${parts.maxForwards ?? '70'}`,
    `From: <${parts.from ?? 'sip:alice@example.com'}>;tag=a1`,
    `To: <${parts.to ?? 'sip:bob@example.com'}>${parts.toTag === undefined ? '' : `;tag=${parts.toTag}`}`,
    `Call-ID: ${parts.callId ?? 'c1'}`,
    `CSeq: ${parts.cseq ?? `1 ${method}`}`,
    ...(parts.headers ?? []),
    `Content-Length: ${body.length}`,
  ];
  return `${lines.join('\n')}|${body}`;
}

/** What may be different in a {@link deliveryOf}. */
export type DeliveryParts = Partial<EdgeDelivery> & {
  readonly body?: string;
  readonly headers?: readonly string[];
};

/** A request as a router sends it to this edge. */
export function deliveryOf(parts: DeliveryParts = {}): EdgeDelivery {
  const message = sip(
    messageText({
      uri: 'sip:bob@198.51.100.9:5062',
      via: 'SIP/2.0/TCP router.example:5080;branch=z9hG4bKd1.t\nVia: SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bKx.y\nVia: SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKc1;rport=4;received=198.51.100.7',
      body: parts.body ?? 'hello',
      headers: parts.headers ?? [],
    }),
  );
  if (!(message instanceof SipRequest)) throw new Error('not a request');
  const { body: _body, headers: _headers, ...rest } = parts;
  return {
    branch: 'z9hG4bKd1.t',
    request: message,
    targetUri: 'sip:bob@198.51.100.9:5062',
    flowToken: '',
    flowBound: false,
    ...rest,
  };
}

/** A device's answer to the request that the edge sent it last. */
export function answerTo(
  flow: FakeFlow,
  status: number,
  extra: readonly string[] = [],
  body = '',
): string {
  const request = flow.requests.at(-1);
  if (request === undefined) throw new Error('the device got no request');
  return responseText(request, status, extra, body);
}

/** A response to a request, as its receiver writes it. */
export function responseText(
  request: SipRequest,
  status: number,
  extra: readonly string[] = [],
  body = '',
): string {
  const vias = request.all(1).map((via) => `Via: ${via}`);
  return `${[
    `SIP/2.0 ${status} Whatever`,
    ...vias,
    `From: ${request.get(2) ?? ''}`,
    `To: ${request.get(3) ?? ''};tag=ua`,
    `Call-ID: ${request.callId}`,
    `CSeq: ${request.get(5) ?? ''}`,
    ...extra,
    `Content-Length: ${body.length}`,
  ].join('\n')}|${body}`;
}

/** {@link responseText}, parsed. */
export function responseTo(
  request: SipRequest,
  status: number,
  extra: readonly string[] = [],
  body = '',
): SipResponse {
  const message = sip(responseText(request, status, extra, body));
  if (!(message instanceof SipResponse)) throw new Error('not a response');
  return message;
}
