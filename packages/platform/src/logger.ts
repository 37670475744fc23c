import { pino } from 'pino';

/** Values that go with a log line. `err` takes an Error and shows its code, message, stack and cause. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The port through which the rest of the system logs. Nothing above `debug` per message (design §9). */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  fatal(fields: LogFields, message: string): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}

/** Least level that is written. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Where lines go; pino hands over one JSON line with its newline. */
export interface LogDestination {
  write(line: string): void;
}

/** JSON lines to a destination, by default standard output.
 *  Written synchronously: the last line before an exit is not lost, and no line is per message.
 *  @param base fields of every line, e.g. the service's name */
export function createLogger(
  level: LogLevel,
  base: LogFields,
  destination: LogDestination = pino.destination({ dest: 1, sync: true }),
): Logger {
  const options = {
    level,
    base: { ...base, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}

const SHOWN_FIRST = new Set(['time', 'level', 'msg', 'service', 'pid', 'err']);

/** Turns JSON lines into short ones for a person at a terminal. */
export class TerminalLines implements LogDestination {
  readonly #out: LogDestination;

  constructor(out: LogDestination) {
    this.#out = out;
  }

  write(line: string): void {
    this.#out.write(formatTerminalLine(line));
  }
}

function formatTerminalLine(line: string): string {
  // The line is our own logger's output, one JSON object.
  const record: Record<string, unknown> = JSON.parse(line);
  const time = String(record.time).slice(11, 23);
  const message = printable(String(record.msg ?? ''));
  let text = `${time} ${String(record.level).toUpperCase().padEnd(5)} ${message}`;
  for (const [name, value] of Object.entries(record)) {
    if (SHOWN_FIRST.has(name)) continue;
    text += ` ${name}=${printable(typeof value === 'string' ? value : JSON.stringify(value))}`;
  }
  const error = record.err;
  if (typeof error === 'object' && error !== null && 'stack' in error) {
    text += `\n  ${String(error.stack).split('\n').map(printable).join('\n  ')}`;
  }
  return `${text}\n`;
}

/** What others have written may neither begin a line nor speak to the terminal (ECMA-48, bidirectional overrides). */
function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
