// JsSIP looks at the last challenge of a response alone, and knows MD5 alone; servers offer several, in their own order (RFC 8760 §2.4).

/** A response without the challenges that JsSIP cannot answer; anything else as it is.  @param {string} message  @returns {string} */
export function withoutOtherChallenges(message) {
  if (!/^SIP\/2\.0 40[17] /.test(message)) return message;
  const headEnd = message.indexOf('\r\n\r\n');
  const rows = message.slice(0, headEnd).split('\r\n');
  return rows.filter(isForUs).join('\r\n') + message.slice(headEnd);
}

/** @param {string} row */
function isForUs(row) {
  if (!/^(?:WWW|Proxy)-Authenticate:/i.test(row)) return true;
  const [, algorithm = 'MD5'] = /\balgorithm="?([\w-]+)/i.exec(row) ?? [];
  return algorithm.toUpperCase() === 'MD5';
}
