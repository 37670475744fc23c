import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SipPeer, type SipPeerOptions } from '@hermod/testkit';
import { StandaloneProcess } from './standalone-process.ts';

/** The processes, peers and directories of one test (or of one describe): `close` ends them all, last first. */
export class Scene {
  readonly #cleanUps: (() => Promise<void> | void)[] = [];

  /** Something of the test's own to be undone. */
  onClose(cleanUp: () => Promise<void> | void): void {
    this.#cleanUps.push(cleanUp);
  }

  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) {
      try {
        await cleanUp();
      } catch (error) {
        // No process may be left behind because something else could not be closed.
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** An empty directory. */
  directory(): string {
    const directory = mkdtempSync(join(tmpdir(), 'hermod-system-'));
    this.onClose(() => rmSync(directory, { recursive: true, force: true }));
    return directory;
  }

  /** A ready standalone on the directory given, or a new one. */
  async start(
    directory: string = this.directory(),
    env: Readonly<Record<string, string>> = {},
  ): Promise<StandaloneProcess> {
    const standalone = await StandaloneProcess.start(directory, env);
    this.onClose(() => standalone.kill());
    return standalone;
  }

  async tcp(port: number, user: string, options: SipPeerOptions = {}): Promise<SipPeer> {
    return this.#keep(await SipPeer.tcp(port, { ...options, user }));
  }

  async udp(port: number, user: string, options: SipPeerOptions = {}): Promise<SipPeer> {
    return this.#keep(await SipPeer.udp(port, { ...options, user }));
  }

  /** A device of the AoR that is connected and registered. */
  async device(port: number, user: string, transport: 'tcp' | 'udp' = 'tcp'): Promise<SipPeer> {
    const peer = transport === 'tcp' ? await this.tcp(port, user) : await this.udp(port, user);
    const { status } = await peer.register();
    if (status !== 200) throw new Error(`REGISTER of ${user}: ${status}`);
    return peer;
  }

  /** A device that listens at its Contact and keeps no connection: the one that registered it is closed. */
  async deviceAtContact(port: number, user: string, listenPort = 0): Promise<SipPeer> {
    const device = this.#keep(SipPeer.idle({ user }));
    const { address, port: contactPort } = await device.listenTcp(listenPort);
    const registrant = await SipPeer.tcp(port, { user });
    const contact = `sip:${user}@${address}:${contactPort};transport=tcp`;
    const { status } = await registrant.register(device.aor, { contact });
    await registrant.close();
    if (status !== 200) throw new Error(`REGISTER of ${user}: ${status}`);
    return device;
  }

  #keep(peer: SipPeer): SipPeer {
    this.onClose(() => peer.close());
    return peer;
  }
}
