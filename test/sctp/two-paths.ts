import { execFileSync } from 'node:child_process';

type Path = 1 | 2;
const PATHS: readonly Path[] = [1, 2];
/** Nobody's: a frame that is for it is dropped. */
const NOBODY = '02:00:00:00:00:01';

/** A neighbour in a network of its own, with two paths between here and there. Needs root. */
export class TwoPaths {
  /** Of its network namespace. */
  readonly name: string;
  readonly #net: number;

  /** @param net tells several apart, 0–200 */
  constructor(net: number) {
    this.name = `hermod-${net}`;
    this.#net = net;
    const there = ['-n', this.name];
    ip('netns', 'add', this.name);
    ip(...there, 'link', 'set', 'lo', 'up');
    // A kernel without the hash that is the default, as user-mode Linux is, could not listen there.
    ip('netns', 'exec', this.name, 'sysctl', '-qw', 'net.sctp.cookie_hmac_alg=none');
    for (const path of PATHS) {
      const [ours, theirs] = this.#links(path);
      ip('link', 'add', ours, 'type', 'veth', 'peer', 'name', theirs, 'netns', this.name);
      ip('address', 'add', `${this.#address(path, 1)}/24`, 'dev', ours);
      ip('link', 'set', ours, 'up');
      ip(...there, 'address', 'add', `${this.#address(path, 2)}/24`, 'dev', theirs);
      ip(...there, 'link', 'set', theirs, 'up');
    }
  }

  /** Our addresses, one for each path. */
  get here(): readonly [string, string] {
    return [this.#address(1, 1), this.#address(2, 1)];
  }

  get there(): readonly [string, string] {
    return [this.#address(1, 2), this.#address(2, 2)];
  }

  /** A command line that runs a program there. */
  command(program: string, args: readonly string[]): readonly string[] {
    return ['ip', 'netns', 'exec', this.name, program, ...args];
  }

  /** Nothing that goes by this path arrives any more, either way, and nobody is told. */
  lose(path: Path): void {
    const [ours, theirs] = this.#links(path);
    const lost = ['lladdr', NOBODY, 'nud', 'permanent', 'dev'];
    ip('neighbour', 'replace', this.#address(path, 2), ...lost, ours);
    ip('-n', this.name, 'neighbour', 'replace', this.#address(path, 1), ...lost, theirs);
  }

  /** The path is there again. */
  restore(path: Path): void {
    const [ours, theirs] = this.#links(path);
    ip('neighbour', 'delete', this.#address(path, 2), 'dev', ours);
    ip('-n', this.name, 'neighbour', 'delete', this.#address(path, 1), 'dev', theirs);
  }

  remove(): void {
    for (const path of PATHS) ip('link', 'delete', this.#links(path)[0]);
    ip('netns', 'delete', this.name);
  }

  #address(path: Path, end: 1 | 2): string {
    return `10.${76 + path}.${this.#net}.${end}`;
  }

  #links(path: Path): readonly [string, string] {
    return [`h${this.#net}-${path}`, `t${this.#net}-${path}`];
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
