const DIGITS = 8;
const HEX = Buffer.from('0123456789abcdef', 'latin1');

/** Octets of a message number. */
export const NUMBER_BYTES = DIGITS;

/** Writes a message number as eight hexadecimal digits. */
export function writeNumber(target: Uint8Array, at: number, number: number): void {
  for (let i = DIGITS - 1, rest = number; i >= 0; i -= 1, rest = Math.floor(rest / 16)) {
    target[at + i] = HEX[rest & 15] ?? 0;
  }
}

/** Reads what {@link writeNumber} wrote. @returns NaN for anything else */
export function readNumber(bytes: Uint8Array, at: number): number {
  let number = 0;
  for (let i = at; i < at + DIGITS; i += 1) {
    const digit = HEX.indexOf(bytes[i] ?? 0);
    if (digit < 0) return Number.NaN;
    number = number * 16 + digit;
  }
  return number;
}

/** Call-IDs of one process of one run: `<run><worker>-<number>@load`. Every message has its own. */
export class MessageIdentity {
  readonly prefix: string;

  /** @param run a name that no earlier run had, hexadecimal */
  constructor(run: string, worker: number) {
    this.prefix = `${run}${worker.toString(16).padStart(2, '0')}-`;
  }

  /** @returns NaN for a Call-ID of somebody else */
  numberOf(callId: string): number {
    const { prefix } = this;
    if (!callId.startsWith(prefix)) return Number.NaN;
    return Number.parseInt(callId.slice(prefix.length, prefix.length + DIGITS), 16);
  }
}
