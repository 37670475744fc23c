import { canonicalAor, type LogRecord, RecordFlag, type ServedDomains } from '@hermod/contracts';
import { type Hash, parseUri, type SipRequest } from '@hermod/sip';

/** Who has proved nothing may call itself anything, so all of those are one sender. No digest. */
const ANYBODY = '-'.repeat(22);

/** Whom a message counts for in a mailbox: the user of ours that sent it, by its From, which is what it has proved.
 *  @returns 22 characters */
export function mailSenderOf(
  record: Pick<LogRecord, 'flags'>,
  request: SipRequest,
  domains: ServedDomains,
  hash: Hash,
): string {
  if ((record.flags & RecordFlag.AUTHENTICATED) === 0) return ANYBODY;
  const uriText = request.from.ok ? request.from.value.uriText : '';
  const uri = parseUri(uriText);
  const aor = uri.ok && uri.value.kind === 'sip' ? canonicalAor(uri.value, domains) : undefined;
  return hash.digest(aor ?? uriText);
}
