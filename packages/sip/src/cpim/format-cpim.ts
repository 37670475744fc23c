import { escapeCpim } from './cpim-text.ts';

/** What a new message/cpim object is made of. All text is UTF-8, one character per byte. */
export type CpimParts = {
  /** Lines of {@link formatCpimHeader}, in order; an NS before the headers that use its prefix. */
  readonly headers: readonly string[];
  /** MIME header lines of the content, Content-Type among them. */
  readonly mimeHeaders: readonly string[];
  readonly content: string;
};

/** Puts a message/cpim object together.  @returns latin1 text of its bytes  @see RFC 3862 §2 */
export function formatCpim(parts: CpimParts): string {
  return `${block(parts.headers)}${block(parts.mimeHeaders)}${parts.content}`;
}

function block(lines: readonly string[]): string {
  let out = '';
  for (const line of lines) out += `${line}\r\n`;
  return `${out}\r\n`;
}

/** A header line without CRLF.
 *  @param name with its prefix, if any
 *  @param value unescaped text
 *  @param lang language tag of the value, if it has one */
export function formatCpimHeader(name: string, value: string, lang?: string): string {
  const parameter = lang === undefined ? '' : `;lang=${lang}`;
  return `${name}:${parameter} ${escapeCpim(value)}`;
}

/** A value of From, To, cc or NS as a whole line: `name: [formal name] <uri>`.
 *  @param formalName unescaped; '' = none  @param uri without angle brackets, spaces and control characters */
export function formatCpimAddress(name: string, uri: string, formalName = ''): string {
  if (formalName === '') return `${name}: <${uri}>`;
  return `${name}: "${escapeCpim(formalName, '"')}" <${uri}>`;
}
