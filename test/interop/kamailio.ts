import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '@hermod/testkit';
import { Program } from './program.ts';

const MODULES = [
  'tm',
  'sl',
  'rr',
  'pv',
  'maxfwd',
  'textops',
  'siputils',
  'usrloc',
  'registrar',
  'path',
  'corex',
];

/** A Kamailio on loopback, UDP and TCP, whose request route is given. */
export class Kamailio {
  readonly port: number;
  readonly #program: Program;

  private constructor(port: number, program: Program) {
    this.port = port;
    this.#program = program;
  }

  /** Resolves when it listens.  @param route the body of its `request_route`; `$PORT` stands for its own port */
  static async start(directory: string, route: string): Promise<Kamailio> {
    const [port = 0] = await freePorts(1);
    const file = join(directory, 'kamailio.cfg');
    writeFileSync(
      file,
      [
        'debug=1',
        'log_stderror=yes',
        'fork=yes',
        'children=1',
        'tcp_children=1',
        `listen=udp:127.0.0.1:${port}`,
        `listen=tcp:127.0.0.1:${port}`,
        ...MODULES.map((name) => `loadmodule "${name}.so"`),
        'modparam("usrloc", "db_mode", 0)',
        'modparam("path", "use_received", 1)',
        'modparam("rr", "enable_full_lr", 1)',
        'request_route {',
        '  if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }',
        route.replaceAll('$PORT', String(port)),
        '}',
        '',
      ].join('\n'),
    );
    const args = ['-f', file, '-DD', '-E', '-m', '32', '-M', '4', '-w', directory, '-Y', directory];
    const program = new Program('kamailio', args);
    try {
      await program.untilSaid(/Listening on/);
      await untilListening(port);
    } catch (error) {
      await program.stop();
      throw error;
    }
    return new Kamailio(port, program);
  }

  get output(): string {
    return this.#program.output;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }
}

// It names its sockets before it opens them.
async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await delay(30);
    } finally {
      socket.destroy();
    }
  }
}
