import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What came back for raw octets. */
export type RawAnswer = {
  /** Status codes of the responses, in order. */
  readonly statuses: readonly number[];
  /** The other side closed the connection. */
  readonly closed: boolean;
};

/** A TCP connection that says whatever it is told. */
export class RawConnection {
  readonly socket: Socket;
  #text = '';
  #closed = false;

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
    });
    // A reset is one way to be closed.
    socket.on('error', () => {});
    socket.on('end', () => {
      this.#closed = true;
    });
    socket.on('close', () => {
      this.#closed = true;
    });
  }

  get answer(): RawAnswer {
    return { statuses: statusesOf(this.#text), closed: this.#closed };
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Waits until the other side has closed.  @returns the answer, `closed: false` when it did not within `timeoutMs` */
  async untilClosed(timeoutMs = 3000): Promise<RawAnswer> {
    await this.#until(() => this.#closed, timeoutMs);
    return this.answer;
  }

  /** Waits for as many responses. */
  async untilAnswered(count: number, timeoutMs = 3000): Promise<RawAnswer> {
    await this.#until(() => this.answer.statuses.length >= count, timeoutMs);
    return this.answer;
  }

  destroy(): void {
    this.socket.destroy();
  }

  async #until(done: () => boolean, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!done() && performance.now() < deadline) await delay(10);
  }
}

/** Writes octets to a new connection and waits until the other side closes it. */
export async function sayOverTcp(
  port: number,
  bytes: string | Uint8Array,
  timeoutMs?: number,
): Promise<RawAnswer> {
  const connection = await RawConnection.open(port);
  connection.write(bytes);
  const answer = await connection.untilClosed(timeoutMs);
  connection.destroy();
  return answer;
}

/** A UDP socket for raw datagrams. */
export class RawDatagrams {
  readonly #socket = createSocket('udp4');
  readonly #to: number;
  #text = '';

  static async open(to: number): Promise<RawDatagrams> {
    const one = new RawDatagrams(to);
    await once(one.#socket, 'listening');
    return one;
  }

  private constructor(to: number) {
    this.#to = to;
    this.#socket.bind({ address: '127.0.0.1', port: 0, exclusive: true });
    this.#socket.on('message', (bytes) => {
      this.#text += bytes.toString('latin1');
    });
  }

  get localPort(): number {
    return this.#socket.address().port;
  }

  get statuses(): readonly number[] {
    return statusesOf(this.#text);
  }

  get text(): string {
    return this.#text;
  }

  send(bytes: string | Uint8Array): void {
    const octets = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    this.#socket.send(octets, this.#to, '127.0.0.1', () => {
      // Too large for the kernel, or nobody there: as on the network.
    });
  }

  close(): void {
    this.#socket.close();
  }
}

function statusesOf(text: string): number[] {
  return [...text.matchAll(/^SIP\/2\.0 (\d{3}) /gm)].map((match) => Number(match[1]));
}
