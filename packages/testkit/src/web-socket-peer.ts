import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import {
  octets,
  type PeerAddress,
  type PeerSocket,
  type PeerSocketOwner,
  receiveWhole,
} from './peer-socket.ts';

/** What a WebSocket is opened with. */
export type WebSocketPeerOptions = ClientOptions & {
  /** Over TLS: then `ca` or `rejectUnauthorized` belong to it. */
  readonly wss?: boolean;
  /** What is asked for, default `/`. */
  readonly path?: string;
};

/** A WebSocket of a peer, one SIP message in each of its messages. What is no SIP is an error of the side under test: it throws. */
export class WebSocketPeerSocket implements PeerSocket {
  readonly transport: 'WS' | 'WSS';
  readonly local: PeerAddress = { address: `${randomBytes(6).toString('hex')}.invalid`, port: 0 };
  readonly #ws: WebSocket;

  /** Resolves when the upgrade is done; rejects when it is refused. */
  static async open(
    host: string,
    port: number,
    owner: PeerSocketOwner,
    { wss = false, path = '/', ...options }: WebSocketPeerOptions,
  ): Promise<WebSocketPeerSocket> {
    const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const ws = new WebSocket(`${wss ? 'wss' : 'ws'}://${at}${path}`, 'sip', options);
    await once(ws, 'open');
    return new WebSocketPeerSocket(ws, owner, wss ? 'WSS' : 'WS');
  }

  private constructor(ws: WebSocket, owner: PeerSocketOwner, transport: 'WS' | 'WSS') {
    this.transport = transport;
    this.#ws = ws;
    ws.on('message', (data) => {
      if (!(data instanceof Buffer)) throw new Error('peer received what it did not ask for');
      receiveWhole(data, this, owner);
    });
    ws.on('error', () => {
      // 'close' follows.
    });
    ws.on('close', () => owner.onClosed(this));
  }

  get isOpen(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  /** As text where it is UTF-8, as browsers do it. */
  write(bytes: string | Uint8Array): void {
    const message = octets(bytes);
    if (this.isOpen) this.#ws.send(message, { binary: !isUtf8(message) });
  }

  close(): void {
    this.#ws.close();
  }

  destroy(): void {
    this.#ws.terminate();
  }
}
