import { Buffer } from 'node:buffer';
import { constants } from 'node:os';
import { Ready, Received, SctpSocket } from '@hermod/sctp';
import {
  octets,
  type PeerAddress,
  type PeerSocket,
  type PeerSocketOwner,
  receiveWhole,
} from './peer-socket.ts';

/** One SCTP association of a peer, a SIP message in each of its messages. What is no SIP is an error of the side under test: it throws. */
export class SctpPeerSocket implements PeerSocket {
  readonly transport = 'SCTP';
  readonly local: PeerAddress;
  readonly #socket: SctpSocket;
  readonly #owner: PeerSocketOwner;
  readonly #buffer = Buffer.allocUnsafeSlow(65_536);
  /** Of the message that has not ended yet. */
  #parts: Buffer[] = [];
  #open = true;

  /** Resolves when the association is established; rejects when nobody answers, and with `SctpUnavailable` where there is no SCTP.
   *  @param host an address: also where it sends from */
  static async open(host: string, port: number, owner: PeerSocketOwner): Promise<SctpPeerSocket> {
    const socket = SctpSocket.connect({ remote: [host], port, local: [host] });
    const events = await new Promise<number>((resolve) => {
      socket.onReady = resolve;
      socket.poll(Ready.writable);
    });
    if ((events & Ready.writable) !== 0) return new SctpPeerSocket(socket, owner);
    socket.close(true);
    throw new Error(`nobody answers at ${host}:${port} by SCTP`);
  }

  private constructor(socket: SctpSocket, owner: PeerSocketOwner) {
    this.#socket = socket;
    this.#owner = owner;
    const { addresses = [], port = 0 } = socket.local ?? {};
    this.local = { address: addresses[0] ?? '', port };
    socket.onReady = () => this.#read();
    socket.poll(Ready.readable);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** @throws when the kernel has no room: what a peer sends at once has to fit in there */
  write(bytes: string | Uint8Array): void {
    if (!this.#open) return;
    const message = octets(bytes);
    const result = this.#socket.send(message, message.length, true);
    if (result !== 0) throw new Error(`peer could not send by SCTP: ${result}`);
  }

  close(): void {
    this.#end(false);
  }

  destroy(): void {
    this.#end(true);
  }

  #read(): void {
    while (this.#open) {
      const result = this.#socket.receive(this.#buffer);
      if (result === -constants.errno.EAGAIN) return;
      if (result <= 0 || (result & 7) === Received.lost) this.#end(false);
      else if ((result & 7) <= Received.end) this.#onOctets(result);
    }
  }

  #onOctets(result: number): void {
    this.#parts.push(Buffer.from(this.#buffer.subarray(0, result >>> 3)));
    if ((result & 7) === Received.part) return;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    receiveWhole(whole, this, this.#owner);
  }

  #end(abort: boolean): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close(abort);
    // Later, as sockets tell it.
    setImmediate(() => this.#owner.onClosed(this));
  }
}
