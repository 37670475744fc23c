import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Environment } from './config.ts';
import { ConfigError } from './config-error.ts';
import { runService, type ServiceContext } from './run-service.ts';

const QUIET = { HERMOD_LOG_LEVEL: 'silent', HERMOD_HTTP_LISTEN: '127.0.0.1:0' };

/** Stands for `process`: signals are emitted, output and exits recorded. */
class ScriptedProcess extends EventEmitter {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly exits: number[] = [];
  readonly exited: Promise<number>;
  output = '';
  errors = '';
  readonly stdout = {
    write: (text: string) => {
      this.output += text;
    },
  };
  readonly stderr = {
    write: (text: string) => {
      this.errors += text;
    },
  };
  #onExit: (code: number) => void = () => undefined;

  constructor(flags: readonly string[], env: Environment) {
    super();
    this.argv = ['node', 'main.ts', ...flags];
    this.env = env;
    this.exited = new Promise((resolve) => {
      this.#onExit = resolve;
    });
  }

  exit(code: number): void {
    this.exits.push(code);
    this.#onExit(code);
  }
}

const neverStarted = () => Promise.reject(new Error('must not start'));

describe('runService', () => {
  test('a wrong configuration MUST exit 78 with the variable, the fault and the remedy on standard error', async () => {
    const scripted = new ScriptedProcess([], { HERMOD_LOG_LEVEL: 'loud', HERMOD_TYPO: '1' });
    await runService('standalone', scripted, neverStarted);
    expect(scripted.exits).toEqual([78]);
    expect(scripted.errors).toContain('HERMOD_LOG_LEVEL: "loud" is not one of');
    expect(scripted.errors).toContain('; set it to one of fatal');
    expect(scripted.errors).toContain('HERMOD_TYPO: is not a variable of any service');
  });

  test('--print-config MUST print JSON and start nothing', async () => {
    const scripted = new ScriptedProcess(['--print-config'], { HERMOD_DOMAINS: 'example.com' });
    await runService('standalone', scripted, neverStarted);
    expect(scripted.exits).toEqual([0]);
    expect(JSON.parse(scripted.output)).toMatchObject({ HERMOD_DOMAINS: ['example.com'] });
  });

  test('--help MUST work without a valid configuration', async () => {
    const scripted = new ScriptedProcess(['--help'], {});
    await runService('edge', scripted, neverStarted);
    expect(scripted.exits).toEqual([0]);
    expect(scripted.output).toContain('HERMOD_EDGE_ID');
  });

  test('an unknown option MUST be refused', async () => {
    const scripted = new ScriptedProcess(['--verbose'], {});
    await runService('standalone', scripted, neverStarted);
    expect(scripted.exits).toEqual([64]);
    expect(scripted.errors).toContain('--verbose');
  });

  test('the operator port MUST answer during the start, not ready, then be ready, then end with exit 0', async () => {
    const scripted = new ScriptedProcess([], QUIET);
    let context: ServiceContext<'standalone'> | undefined;
    let statusDuringStart = 0;
    await runService('standalone', scripted, async (given) => {
      context = given;
      const response = await fetch(`http://127.0.0.1:${given.http.address.port}/readyz`);
      statusDuringStart = response.status;
    });
    expect(statusDuringStart).toBe(503);
    const ready = await fetch(`http://127.0.0.1:${context?.http.address.port}/readyz`);
    expect(ready.status).toBe(200);
    scripted.emit('SIGTERM');
    expect(await scripted.exited).toBe(0);
  });

  test('a start that fails MUST exit 1', async () => {
    const scripted = new ScriptedProcess([], QUIET);
    await runService('standalone', scripted, () => Promise.reject(new Error('no disk')));
    expect(scripted.exits).toEqual([1]);
  });

  test('a file of the configuration that cannot be used MUST exit 78, like the configuration itself', async () => {
    const scripted = new ScriptedProcess([], QUIET);
    const problem = { variable: 'HERMOD_TLS_KEY', fault: 'k is not there', remedy: 'mend it' };
    await runService('standalone', scripted, () => Promise.reject(new ConfigError(problem)));
    expect(scripted.exits).toEqual([78]);
    expect(scripted.errors).toBe('hermod standalone: HERMOD_TLS_KEY: k is not there; mend it\n');
  });

  test('a signal during the start MUST be a clean stop, even if the start then fails', async () => {
    const scripted = new ScriptedProcess([], QUIET);
    await runService('standalone', scripted, async () => {
      scripted.emit('SIGINT');
      await scripted.exited;
      throw new Error('closed under me');
    });
    expect(scripted.exits).toEqual([0]);
  });
});
