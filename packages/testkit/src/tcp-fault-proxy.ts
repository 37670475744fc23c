import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

type Link = { readonly near: Socket; readonly far: Socket };

/** Where a proxy forwards to; asked for each connection, so that the target may come later. */
export type ProxyTarget = () => { readonly host: string; readonly port: number };

/**
 * A TCP relay on loopback with faults: delay, a stall (connections stay open and nothing passes, as with a lost network or
 * a frozen machine), a cut. Stands in for netem, which needs a kernel module and root.
 */
export class TcpFaultProxy {
  readonly #server: Server;
  readonly #target: ProxyTarget;
  readonly #links = new Set<Link>();
  #delayMs = 0;
  #isStalled = false;
  #isRefusing = false;
  #port = 0;

  /** Listens on a free loopback port. */
  static async start(target: ProxyTarget): Promise<TcpFaultProxy> {
    const proxy = new TcpFaultProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    const address = proxy.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    proxy.#port = address.port;
    return proxy;
  }

  private constructor(target: ProxyTarget) {
    this.#target = target;
    this.#server = createServer((near) => this.#accept(near));
  }

  get port(): number {
    return this.#port;
  }

  /** Each chunk is passed on this much later, in both directions, in order. */
  setDelayMs(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Nothing passes until {@link heal}; connections stay open, and new ones are accepted into silence. */
  stall(): void {
    this.#isStalled = true;
    for (const link of this.#links) pauseLink(link);
  }

  /** Resets every connection, and every new one until {@link heal}. */
  refuse(): void {
    this.#isRefusing = true;
    this.#cut();
  }

  #cut(): void {
    for (const { near, far } of this.#links) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Ends {@link stall} and {@link refuse}. */
  heal(): void {
    this.#isStalled = false;
    this.#isRefusing = false;
    for (const { near, far } of this.#links) {
      near.resume();
      far.resume();
    }
  }

  async close(): Promise<void> {
    this.#cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near: Socket): void {
    if (this.#isRefusing) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#target());
    const link: Link = { near, far };
    this.#links.add(link);
    near.setNoDelay(true);
    far.setNoDelay(true);
    this.#relay(link, near, far);
    this.#relay(link, far, near);
    if (this.#isStalled) pauseLink(link);
  }

  #relay(link: Link, from: Socket, to: Socket): void {
    // A shorter delay must not let what comes now overtake what waits for a longer one: each turn passes on the oldest.
    const delayed: Buffer[] = [];
    from.on('data', (chunk: Buffer) => {
      if (this.#delayMs === 0 && delayed.length === 0) {
        this.#pass(from, to, chunk);
        return;
      }
      delayed.push(chunk);
      setTimeout(() => this.#pass(from, to, delayed.shift() ?? chunk), this.#delayMs);
    });
    to.on('drain', () => {
      if (!this.#isStalled) from.resume();
    });
    from.on('end', () => to.end());
    // 'close' follows and ends the other side.
    from.on('error', () => {});
    from.on('close', () => {
      this.#links.delete(link);
      to.destroy();
    });
  }

  #pass(from: Socket, to: Socket, chunk: Buffer): void {
    if (!to.destroyed && !to.write(chunk)) from.pause();
  }
}

function pauseLink({ near, far }: Link): void {
  near.pause();
  far.pause();
}
