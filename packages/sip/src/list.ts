import { skipLws, skipQuoted, trimEnd } from './chars.ts';

/** End of the list value that starts at `from`: the index of its comma, or `to`.
 *  Commas inside "quoted strings" and <angle brackets> do not count. An unclosed quote or bracket takes the rest. */
export function listValueEnd(text: string, from: number, to: number): number {
  for (let i = from; i < to; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 44) return i;
    if (c === 34) {
      const end = skipQuoted(text, i, to);
      if (end === -1) return to;
      i = end - 1;
    } else if (c === 60) {
      const end = text.indexOf('>', i);
      if (end === -1 || end >= to) return to;
      i = end;
    }
  }
  return to;
}

/** Split the value of a list-shaped header at its commas, each part trimmed, empty parts kept (they are faults to report).
 *  @param into gets the parts; the caller's */
export function appendListValues(text: string, into: string[]): void {
  const to = text.length;
  let from = 0;
  while (from <= to) {
    const end = listValueEnd(text, from, to);
    const start = skipLws(text, from, end);
    into.push(text.slice(start, trimEnd(text, start, end)));
    from = end + 1;
  }
}
