import { decodeBinding, encodeBinding } from '@hermod/contracts';
import type { Binding } from '@hermod/sip';
import type { RedisReply } from './redis-reply.ts';

const VERSION_FIELD = 'v';

/** Reads the fields of `{aor}:b`. A field that cannot be decoded is left out: one bad binding must not make its AoR unreachable,
 *  and the next REGISTER writes it anew. */
export function bindingsOf(fields: RedisReply): {
  readonly version: number;
  readonly bindings: readonly Binding[];
} {
  let version = 0;
  const bindings: Binding[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields.text(i) === VERSION_FIELD) {
      version = fields.integer(i + 1);
      continue;
    }
    const binding = decodeBinding(fields.text(i + 1));
    if (binding !== undefined) bindings.push(binding);
  }
  return { version, bindings };
}

/** Appends one field and one value per binding to the arguments of a script. */
export function pushBindings(args: (string | number)[], bindings: readonly Binding[]): void {
  for (const binding of bindings) args.push(`:${binding.key}`, encodeBinding(binding));
}
