import { readdirSync, readFileSync } from 'node:fs';

const RFC4475 = new URL('../../packages/sip/testdata/rfc4475/', import.meta.url);
const CAPTURED = new URL('./seeds/', import.meta.url);

function texts(directory: URL, extension: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(extension))
    .sort()
    .map((name) => readFileSync(new URL(name, directory), 'latin1'));
}

/** Whole messages to begin with: the 49 of RFC 4475, and what SIPp, sipsak, baresip and Kamailio were seen to send. Latin1. */
export const SEEDS: readonly string[] = [...texts(RFC4475, '.dat'), ...texts(CAPTURED, '.sip')];
