import { setTimeout as delay } from 'node:timers/promises';
import { SipPeer } from '@hermod/testkit';
import type { ClusterUnderTest } from '../cluster/cluster-under-test.ts';

const PAIRS = 4;
const PAUSE_MS = 20;
/** One comes every half second, so that somebody's password is read all the time. */
const NEWCOMERS = 100;
const NEWCOMER_MS = 500;

/** A bit of everything that users do, closed-loop, until it is ended: chats across edges, calls, somebody who is often away. */
export class EverydayLife {
  readonly #cluster: ClusterUnderTest;
  readonly #peers: SipPeer[] = [];
  #isOver = false;
  #loops: readonly Promise<void>[] = [];

  static async begin(cluster: ClusterUnderTest): Promise<EverydayLife> {
    const life = new EverydayLife(cluster);
    const names = Array.from({ length: PAIRS }, (_, i) => [`a${i}`, `b${i}`] as const);
    const newcomers = Array.from({ length: NEWCOMERS }, (_, i) => `n${i}`);
    await cluster.provision([...names.flat(), 'carol', 'dave', ...newcomers]);
    const chats: (readonly [SipPeer, SipPeer])[] = [];
    for (const [a, b] of names) {
      const pair = [await life.#peer('edge-1', a), await life.#peer('edge-2', b)] as const;
      for (const peer of pair) await peer.register();
      chats.push(pair);
    }
    const carol = await life.#peer('edge-1', 'carol');
    const dave = await life.#peer('edge-2', 'dave');
    life.#loops = [
      ...chats.flatMap(([a, b]) => [life.#chat(a, b), life.#chat(b, a)]),
      ...chats.slice(0, 1).map(([a, b]) => life.#call(a, b)),
      life.#comeAndGo(carol, dave),
      life.#writeOnce(newcomers, dave),
    ];
    return life;
  }

  private constructor(cluster: ClusterUnderTest) {
    this.#cluster = cluster;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    for (const peer of this.#peers) await peer.close();
    await Promise.all(this.#loops);
  }

  async #peer(edge: string, user: string): Promise<SipPeer> {
    const peer = await SipPeer.tcp(this.#cluster.sipPort(edge), { user, password: `${user}-s` });
    this.#peers.push(peer);
    return peer;
  }

  #chat(from: SipPeer, to: SipPeer): Promise<void> {
    return this.#repeat(PAUSE_MS, () => from.sendMessage(to.aor, 'hello'));
  }

  #call(from: SipPeer, to: SipPeer): Promise<void> {
    return this.#repeat(1000, async () => {
      await from.request('OPTIONS', to.aor);
      await from.request('SUBSCRIBE', to.aor, {
        headers: [`Contact: <${from.contact}>`, 'Event: presence'],
      });
    });
  }

  /** Messages are stored, fetched on return, and stored again. */
  #comeAndGo(wanderer: SipPeer, writer: SipPeer): Promise<void> {
    return this.#repeat(200, async () => {
      for (let i = 0; i < 3; i += 1) await writer.sendMessage(wanderer.aor, `${i}`);
      await wanderer.register();
      await delay(500);
      await wanderer.register(wanderer.aor, { expires: 0 });
    });
  }

  #writeOnce(newcomers: readonly string[], to: SipPeer): Promise<void> {
    const left = [...newcomers];
    return this.#repeat(NEWCOMER_MS, async () => {
      const user = left.pop();
      if (user !== undefined) await (await this.#peer('edge-1', user)).sendMessage(to.aor, 'hello');
    });
  }

  async #repeat(pauseMs: number, act: () => Promise<unknown>): Promise<void> {
    while (!this.#isOver) {
      try {
        await act();
      } catch {
        // No answer: a backend or an edge is away, or all is over. Life goes on.
      }
      await delay(pauseMs);
    }
  }
}
