import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from './usage-error.ts';

/** Passwords from the terminal, unseen and twice; or from standard input, one a line. Never from the arguments, which every user of the
 *  machine can read. */
export class PasswordReader {
  readonly #lines: AsyncIterator<string>;
  readonly #isTerminal: boolean;
  readonly #close: () => void;

  constructor() {
    this.#isTerminal = process.stdin.isTTY === true;
    // Nothing that is typed is shown.
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const reader = createInterface({
      input: process.stdin,
      output: this.#isTerminal ? silent : undefined,
      terminal: this.#isTerminal,
    });
    this.#lines = reader[Symbol.asyncIterator]();
    this.#close = () => reader.close();
    reader.on('SIGINT', () => process.exit(130));
  }

  /** The next password, as it was typed. @throws UsageError when there is none, or two that differ */
  async read(aor: string): Promise<string> {
    const password = await this.#line(`password for ${aor}: `);
    if (password === '') throw new UsageError(`no password for ${aor}`);
    if (this.#isTerminal && (await this.#line('once more: ')) !== password) {
      throw new UsageError('the two are not the same');
    }
    return password;
  }

  close(): void {
    this.#close();
  }

  async #line(prompt: string): Promise<string> {
    if (this.#isTerminal) process.stderr.write(prompt);
    const { value, done } = await this.#lines.next();
    if (this.#isTerminal) process.stderr.write('\n');
    return done === true ? '' : value;
  }
}
