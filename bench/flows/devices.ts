// The devices of bench/flows/main.ts: each on a connection of its own, registered over it, and silent but for its keepalive. Nothing is sent
// to them. They take as little as possible, so that one process holds them all.
import { connect, type Socket } from 'node:net';
import { createSecureContext, connect as tlsConnect } from 'node:tls';
import { WebSocket } from 'ws';
import type { DeviceCommand, DeviceReport, DeviceTransport } from './protocol.ts';

/** Connecting or registering at the same time, save in a storm. */
const MAX_JOINING = 200;
/** Source addresses, taken in turn: each has ports for 28,000 connections, and may have so many handshakes at a time. */
const ADDRESSES = 16;
/** RFC 5626 §4.5: who fell together does not come back together, from the second time on. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8_000;
const TICK_MS = 100;

type Wire = { write(text: string): void; destroy(): void };
/** How a connection is made. */
type Open = (device: Device) => Wire;

let port = 0;
let pings = 0;
let pongs = 0;
let failed = 0;
let registered = 0;
let wanted = 0;
let onAll: () => void = () => undefined;
const devices: Device[] = [];
const secureContext = createSecureContext();

const OPEN: Readonly<Record<DeviceTransport, Open>> = {
  tcp: (device) => streamOf(device, connect(addressOf(device)), 'connect'),
  tls: (device) => {
    const options = { ...addressOf(device), secureContext, rejectUnauthorized: false };
    return streamOf(device, tlsConnect(options), 'secureConnect');
  },
  ws: (device) => {
    const options = { localAddress: device.address, perMessageDeflate: false };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, 'sip', options);
    socket.on('open', () => device.onOpen());
    socket.on('message', (data: Buffer) => device.onText(data.toString('latin1')));
    socket.on('error', () => undefined);
    const wire: Wire = {
      write: (text) => socket.send(text),
      destroy: () => socket.terminate(),
    };
    socket.on('close', () => device.onClosed(wire));
    return wire;
  },
};

function addressOf({ address }: Device): { host: string; port: number; localAddress: string } {
  return { host: '127.0.0.1', port, localAddress: address };
}

function streamOf(device: Device, socket: Socket, opened: string): Wire {
  socket.setNoDelay(true);
  socket.on(opened, () => device.onOpen());
  socket.on('data', (data) => device.onText(data.toString('latin1')));
  socket.on('error', () => undefined);
  const wire: Wire = {
    write: (text) => socket.write(text, 'latin1'),
    destroy: () => socket.destroy(),
  };
  socket.on('close', () => device.onClosed(wire));
  return wire;
}

class Device {
  readonly address: string;
  readonly #serial: number;
  readonly #open: Open;
  #wire: Wire | undefined;
  #isRegistered = false;
  #cseq = 0;
  #retryMs = FIRST_RETRY_MS;

  constructor(serial: number, open: Open) {
    this.#serial = serial;
    this.address = `127.0.1.${1 + (serial % ADDRESSES)}`;
    this.#open = open;
    this.join();
  }

  join(): void {
    this.#wire = this.#open(this);
  }

  /** The network goes away. */
  break(): void {
    const wire = this.#wire;
    this.#lose();
    wire?.destroy();
  }

  ping(): void {
    if (!this.#isRegistered) return;
    pings += 1;
    this.#wire?.write('\r\n\r\n');
  }

  onOpen(): void {
    this.#cseq += 1;
    const aor = `sip:idle${this.#serial}@example.com`;
    const host = `${this.address}:9`;
    this.#wire?.write(
      `REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP ${host};branch=z9hG4bK${this.#serial}-${this.#cseq};rport\r\n` +
        `From: <${aor}>;tag=1\r\nTo: <${aor}>\r\nCall-ID: ${this.#serial}@${this.address}\r\nCSeq: ${this.#cseq} REGISTER\r\n` +
        `Max-Forwards: 70\r\nContact: <sip:idle${this.#serial}@${host}>;reg-id=1;+sip.instance="<urn:uuid:${uuidOf(this.#serial)}>"\r\n` +
        'Supported: path, outbound\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n',
    );
  }

  onText(text: string): void {
    if (text === '\r\n') {
      pongs += 1;
    } else if (text.startsWith('SIP/2.0 200 ') && !this.#isRegistered) {
      this.#isRegistered = true;
      this.#retryMs = FIRST_RETRY_MS;
      registered += 1;
      if (devices.length < wanted) devices.push(new Device(devices.length, this.#open));
      if (registered === wanted) onAll();
    } else {
      // Refused: it comes back later.
      this.#wire?.destroy();
    }
  }

  onClosed(wire: Wire): void {
    // One that we broke.
    if (this.#wire !== wire) return;
    this.#lose();
    if (wanted === 0) return;
    failed += 1;
    setTimeout(() => this.join(), this.#retryMs * (0.5 + Math.random() / 2));
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #lose(): void {
    this.#wire = undefined;
    if (this.#isRegistered) registered -= 1;
    this.#isRegistered = false;
  }
}

function uuidOf(serial: number): string {
  return `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`;
}

/** Each tick pings its share of all. */
function keepAlive(pingSec: number): void {
  let next = 0;
  let due = 0;
  setInterval(() => {
    due += (devices.length * TICK_MS) / (pingSec * 1000);
    for (; due >= 1; due -= 1) {
      next = (next + 1) % devices.length;
      devices[next]?.ping();
    }
  }, TICK_MS);
}

async function obey(command: DeviceCommand): Promise<DeviceReport> {
  const startMs = performance.now();
  failed = 0;
  const all = new Promise<void>((resolve) => {
    onAll = resolve;
  });
  if (command.kind === 'connect') {
    if (port === 0) keepAlive(command.pingSec);
    port = command.port;
    wanted = command.count;
    const open = OPEN[command.transport];
    const joining = Math.min(MAX_JOINING, wanted - devices.length);
    for (let i = 0; i < joining; i += 1) devices.push(new Device(devices.length, open));
    if (registered < wanted) await all;
  } else if (command.kind === 'storm') {
    for (const device of devices) device.break();
    for (const device of devices) device.join();
    await all;
  } else {
    wanted = 0;
    for (const device of devices) device.break();
    devices.length = 0;
  }
  return { registered, tookMs: performance.now() - startMs, failed, pings, pongs };
}

process.on('message', (command: DeviceCommand) => {
  void obey(command).then((report) => process.send?.(report));
});
process.on('disconnect', () => process.exit(0));
