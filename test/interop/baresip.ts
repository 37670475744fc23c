import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '@hermod/testkit';
import { Program } from './program.ts';

/** How a user of baresip is set up. */
export type BaresipOptions = {
  readonly directory: string;
  readonly user: string;
  readonly domain: string;
  /** Where its requests go. */
  readonly proxyPort: number;
  readonly transport: 'udp' | 'tcp';
  /** AoR that it sends its messages to. */
  readonly peer: string;
  readonly password?: string;
};

/** A baresip, a soft-phone on libre's SIP stack, as one registered user; told what to do over its control port. */
export class Baresip {
  readonly #program: Program;
  readonly #controlPort: number;

  private constructor(program: Program, controlPort: number) {
    this.#program = program;
    this.#controlPort = controlPort;
  }

  /** Resolves when its REGISTER was answered 200. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const { user, domain, proxyPort, transport, peer, password } = options;
    const directory = join(options.directory, user);
    mkdirSync(directory, { recursive: true });
    const [controlPort = 0] = await freePorts(1);
    const write = (name: string, lines: readonly string[]) =>
      writeFileSync(join(directory, name), `${lines.join('\n')}\n`);
    write('config', [
      'sip_listen 127.0.0.1:0',
      'net_interface 127.0.0.1',
      'module_path /usr/lib/baresip/modules',
      'module account.so',
      'module g711.so',
      'module_app menu.so',
      'module_app contact.so',
      'module_app ctrl_tcp.so',
      `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
    ]);
    write('accounts', [
      `<sip:${user}@${domain}>;outbound="sip:127.0.0.1:${proxyPort};transport=${transport}";regint=60;auth_user=${user};auth_pass=${password ?? 'none'}`,
    ]);
    write('contacts', [`"Peer" <${peer}>`]);
    writeFileSync(join(directory, 'current_contact'), peer);
    const program = new Program('baresip', ['-4', '-s', '-v', '-f', directory]);
    try {
      await program.untilSaid(/200 OK \(.*\) \[1 binding\]/);
    } catch (error) {
      await program.stop();
      throw error;
    }
    return new Baresip(program, controlPort);
  }

  /** Sends a text to its peer.  @returns the status of the final answer */
  async send(text: string): Promise<number> {
    const before = this.#finals('MESSAGE').length;
    await this.#command('message', text);
    await this.#program.untilSaid(nthFinal('MESSAGE', before + 1));
    return this.#finals('MESSAGE')[before] ?? 0;
  }

  /** Waits until it was sent this text. */
  async untilReceived(text: string, timeoutMs = 10_000): Promise<void> {
    await this.#program.untilSaid(
      new RegExp(`-> 127\\.0\\.0\\.1:\\d+\\nMESSAGE sip:[^#]*\\r?\\n\\r?\\n${text}`),
      timeoutMs,
    );
  }

  /** Everything on its wire, and its own words. */
  get output(): string {
    return this.#program.output;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }

  #finals(method: string): number[] {
    return [...this.output.matchAll(finals(method))].map(([, status]) => Number(status));
  }

  async #command(command: string, params: string): Promise<void> {
    const socket = connect(this.#controlPort, '127.0.0.1');
    await once(socket, 'connect');
    const json = JSON.stringify({ command, params });
    socket.write(`${json.length}:${json},`);
    const [answer] = await once(socket, 'data');
    socket.destroy();
    const text = String(answer);
    if (!text.includes('"ok":true')) throw new Error(`baresip refused ${command}: ${text}`);
  }
}

// In its trace: a response, as far as its CSeq. A challenge is not the last word: it comes again with its password.
const FINAL = '(?!401|407)[2-6]\\d\\d';

function finals(method: string): RegExp {
  return new RegExp(`^SIP/2\\.0 (${FINAL})[^#]*?^CSeq: \\d+ ${method}`, 'gm');
}

function nthFinal(method: string, n: number): RegExp {
  return new RegExp(`(?:^SIP/2\\.0 ${FINAL}[^#]*?^CSeq: \\d+ ${method}[^]*?){${n}}`, 'm');
}
