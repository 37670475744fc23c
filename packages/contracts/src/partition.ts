const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, 32 bits, over the UTF-16 code units of `text` (ASCII for every AoR), or of a part of it: `from` … `to` − 1.
 *  @returns unsigned 32-bit integer */
export function fnv1a(text: string, from = 0, to = text.length): number {
  let hash = FNV_OFFSET;
  for (let i = from; i < to; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  }
  return hash >>> 0;
}

/** The partition of an AoR: the same in every edge, router and registrar, whatever client library writes the log.
 *  @param aor canonical AoR
 *  @param partitions number of partitions of `im.inbox`, ≥ 1
 *  @returns 0 … partitions − 1 */
export function partitionOf(aor: string, partitions: number): number {
  // FNV's low bits alone are weak on short sequential names: fold the high half in before the modulus.
  const hash = fnv1a(aor);
  return ((hash ^ (hash >>> 15)) >>> 0) % partitions;
}
