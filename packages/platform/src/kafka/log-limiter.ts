import { logLevel as LogLevel, type logCreator } from 'kafkajs';
import type { KafkaLogLine } from './kafka-config.ts';

const QUIET_MS = 10_000;
const MAX_LINES = 200;

/** Passes each different line on at most once per 10 s and counts the ones between. */
export class LogLimiter {
  readonly #onLog: (line: KafkaLogLine) => void;
  readonly #nowMs: () => number;
  readonly #lines = new Map<string, { sinceMs: number; suppressed: number }>();

  constructor(onLog: (line: KafkaLogLine) => void, nowMs: () => number) {
    this.#onLog = onLog;
    this.#nowMs = nowMs;
  }

  log(level: 'error' | 'warn', source: string, message: string): void {
    const key = `${source}|${message}`;
    const nowMs = this.#nowMs();
    const seen = this.#lines.get(key);
    if (seen !== undefined && nowMs - seen.sinceMs < QUIET_MS) {
      seen.suppressed += 1;
      return;
    }
    // Messages hold addresses and ids: the set of them is bounded by forgetting all at once.
    if (this.#lines.size >= MAX_LINES) this.#lines.clear();
    this.#lines.set(key, { sinceMs: nowMs, suppressed: 0 });
    this.#onLog({ level, source, message, suppressed: seen?.suppressed ?? 0 });
  }

  /** For kafkajs' `logCreator`. */
  readonly creator: logCreator =
    () =>
    ({ level, namespace, log }) => {
      if (level > LogLevel.WARN) return;
      const cause: unknown = log.error;
      const message = typeof cause === 'string' ? `${log.message}: ${cause}` : log.message;
      // What one connection sees (a coordinator that is not up yet, a race for a topic) is repeated by the client; what it gives
      // up is reported by whoever asked.
      const isPassing = level === LogLevel.WARN || namespace === 'Connection';
      this.log(isPassing ? 'warn' : 'error', `kafkajs ${namespace}`, message);
    };
}
