import type { Binding } from '@hermod/sip';

const FLOW_BOUND = 1;
/** Bit of the flags, element 8 of an encoded binding. */
export const REFUSES_MESSAGE = 2;
/** The last element is no Path URI but {@link Binding.gruuSinceMs}, in base 36: as a number it would come out of Redis' scripts, which
 *  write 14 digits, as another. Records from before GRUUs have neither. */
const HAS_GRUU = 4;
const RADIX = 36;

/** A binding as compact JSON (an array: field names would double its size). The flow token is not stored: it is the user part of the first Path URI. */
export function encodeBinding(binding: Binding): string {
  const flags =
    (binding.flowBound ? FLOW_BOUND : 0) |
    (binding.refusesMessage ? REFUSES_MESSAGE : 0) |
    (binding.gruuSinceMs > 0 ? HAS_GRUU : 0);
  // The key is stored as the field name; an empty string stands for "the contact itself".
  const key = binding.key === binding.contact ? '' : binding.key;
  const fields = [
    key,
    binding.contact,
    binding.params,
    binding.q,
    binding.callId,
    binding.cseq,
    binding.expiresAtMs,
    flags,
    ...binding.path,
  ];
  if (binding.gruuSinceMs > 0) fields.push(binding.gruuSinceMs.toString(RADIX));
  return JSON.stringify(fields);
}

/** The inverse of {@link encodeBinding}. @returns undefined when the text is not an encoded binding */
export function decodeBinding(text: string): Binding | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields) || fields.length < 8) return undefined;
  const [key, contact, params, q, callId, cseq, expiresAtMs, flags, ...path] = fields;
  if (typeof key !== 'string' || typeof contact !== 'string' || typeof params !== 'string') {
    return undefined;
  }
  if (typeof q !== 'number' || typeof callId !== 'string' || typeof cseq !== 'number') {
    return undefined;
  }
  if (typeof expiresAtMs !== 'number' || typeof flags !== 'number') return undefined;
  const since = (flags & HAS_GRUU) === 0 ? undefined : path.pop();
  return {
    key: key === '' ? contact : key,
    contact,
    params,
    q,
    callId,
    cseq,
    expiresAtMs,
    path: path.map(String),
    flowToken: flowTokenOf(path.length > 0 ? String(path[0]) : ''),
    flowBound: (flags & FLOW_BOUND) !== 0,
    refusesMessage: (flags & REFUSES_MESSAGE) !== 0,
    gruuSinceMs: typeof since === 'string' ? Number.parseInt(since, RADIX) : 0,
  };
}

/** The user part of an edge's Path URI: its flow token; '' when there is none. */
export function flowTokenOf(pathUri: string): string {
  const at = pathUri.indexOf('@');
  return at < 0 ? '' : pathUri.slice(pathUri.indexOf(':') + 1, at);
}
