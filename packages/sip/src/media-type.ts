/** Is this Content-Type value of a certain type and subtype, whatever its parameters?
 *  @param value header value, or undefined when there is none
 *  @param type lower case, `type/subtype`
 *  @see RFC 3261 §20.15: compared without case */
// media-type = m-type SLASH m-subtype *( SEMI m-parameter )
export function isMediaType(value: string | undefined, type: string): boolean {
  if (value === undefined || value.length < type.length) return false;
  // Asked of every message: most are text, and need not be cut.
  if ((value.charCodeAt(0) | 0x20) !== type.charCodeAt(0)) return false;
  const head = value.slice(0, type.length);
  if (head !== type && head.toLowerCase() !== type) return false;
  for (let i = type.length; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    if (code === 0x3b) return true;
    if (code !== 0x20 && code !== 0x09) return false;
  }
  return true;
}
