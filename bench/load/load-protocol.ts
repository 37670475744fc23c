import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TlsPem } from '@hermod/transport';

/** What the bench asks of the load process. */
export type LoadCommand =
  | {
      readonly kind: 'register';
      readonly port: number;
      /** Where the messages enter; default: where the users registered. */
      readonly sendPort?: number;
      readonly users: number;
      /** What sender and device show and trust; undefined: TCP in clear. */
      readonly tls?: Pick<TlsPem, 'cert' | 'key' | 'ca'>;
    }
  | { readonly kind: 'send'; readonly rate: number; readonly seconds: number };

/** What the load process answers to every command. */
export type LoadReport = {
  readonly sent: number;
  /** 2xx that came back. */
  readonly answered: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

/** Whether a message of the parent is a command. */
export function isCommand(message: unknown): message is LoadCommand {
  return typeof message === 'object' && message !== null && 'kind' in message;
}

/** Gives the load process one command. @returns its answer */
export async function askLoad(load: ChildProcess, command: LoadCommand): Promise<LoadReport> {
  load.send(command);
  const [message] = await once(load, 'message');
  return readReport(message);
}

function readReport(message: unknown): LoadReport {
  if (typeof message === 'object' && message !== null && 'sent' in message) {
    const { sent, answered, p50Ms, p99Ms } = message as LoadReport;
    return { sent, answered, p50Ms, p99Ms };
  }
  throw new Error('not a report of the load process');
}
